import { consumersOf, type Graph, type ValueInfo } from "../graph/graph.ts";
import type { Node } from "../graph/node.ts";
import type { OpContext } from "../ops/define-op.ts";
import type { HandlerLookup } from "./handlers.ts";
import type { AxisRef } from "./link.ts";
import type { Operands } from "./operands.ts";

/**
 * What a network keeps from one run to the next, such as the keys and values of attention: a graph input to which a run
 * appends what it computes, and the output that holds both.
 */
export interface CachePair {
  readonly input: string;
  readonly output: string;
  /** Axes along which something is appended. */
  readonly along: readonly AxisRef[];
}

/**
 * Finds caches by what is done with them, whatever their names are: an input that nothing reads but for its size and to
 * append to it, on the way to one output. An input that is also computed with is none: its width is the caller's.
 */
export function findCaches(graph: Graph, lookup: HandlerLookup, operands: Operands): CachePair[] {
  const readers = consumersOf(graph);
  const computed = new Set(graph.nodes.flatMap((n) => n.outputs).filter((name) => !operands.of(name)?.isWeight));
  const ends = new Set(graph.outputs.map((v) => v.name));
  return graph.inputs.flatMap(({ name }) => {
    const found = new Set<string>();
    const along: AxisRef[] = [];
    const open: { readonly value: string; readonly appended: boolean }[] = [{ value: name, appended: false }];
    for (let at = open.pop(); at; at = open.pop()) {
      const { value, appended } = at;
      if (appended && ends.has(value)) found.add(value);
      for (const node of readers.get(value) ?? []) {
        const next = nextOf(node, value, lookup, operands.contextOf(node), computed);
        if (next) open.push(...next.values.map((v) => ({ value: v, appended: appended || next.appends })));
        else if (!appended) return [];
        along.push(...(next?.along ?? []));
      }
    }
    return found.size === 1 ? [{ input: name, output: [...found][0]!, along }] : [];
  });
}

/** The outputs that say what a network makes of its inputs: all but its caches. */
export function answersOf({ graph, space }: Answering): ValueInfo[] {
  const kept = new Set(space.caches.map(({ output }) => output));
  return graph.outputs.filter(({ name }) => !kept.has(name));
}

/** The parts of an analysis that tell answers from caches. */
export interface Answering {
  readonly graph: Graph;
  readonly space: { readonly caches: readonly CachePair[] };
}

/** Where a reader hands a value on to; undefined where it computes with it. */
function nextOf(
  node: Node,
  value: string,
  lookup: HandlerLookup,
  op: OpContext,
  computed: ReadonlySet<string>,
): { readonly values: readonly string[]; readonly along: readonly AxisRef[]; readonly appends: boolean } | undefined {
  const handler = lookup(node);
  const isComputed = (input: number): boolean => computed.has(node.inputs[input] ?? "");
  const more = handler?.appends?.(op).filter(({ to, by }) => node.inputs[to] === value && by.some(isComputed));
  if (more?.length) {
    const outputs = more.flatMap(({ output }) => op.out[output] ?? []);
    return { values: outputs.map((y) => y.name), along: more.map(({ along }) => along), appends: true };
  }
  if (handler?.moves || handler?.origin?.(op)) return { values: node.outputs, along: [], appends: false };
  return handler?.readsSizes ? { values: [], along: [], appends: false } : undefined;
}
