import { consumersOf, type Graph, type ValueInfo } from "../graph/graph.ts";
import type { Node } from "../graph/node.ts";
import type { OpContext } from "../ops/define-op.ts";
import type { Bodies } from "../passes/bodies.ts";
import type { HandlerLookup } from "./handlers.ts";
import type { AxisRef } from "./link.ts";
import { namedCaches } from "./named-caches.ts";
import type { Operands } from "./operands.ts";

/**
 * What a network keeps from one run to the next, such as the keys and values of attention. A first step has no input for
 * it; what never grows, such as what attention reads of an encoder, needs no output.
 */
export interface GraphCache {
  readonly input: string | undefined;
  readonly output: string | undefined;
  /** All that holds it: the two, and what stands for them in bodies of nodes. */
  readonly values: readonly string[];
  /** Axes that stay whole, such as those along which something is appended. */
  readonly whole: readonly AxisRef[];
  /** Axes that keep the same indices, whether or not an operator says so. */
  readonly alike: readonly (readonly AxisRef[])[];
  /** Whether the caller wants it left as it is. */
  readonly ignored: boolean;
}

/** Where caches are looked for. */
export interface CacheSearch {
  readonly graph: Graph;
  readonly lookup: HandlerLookup;
  readonly operands: Operands;
  /** Bodies that stand beside the graph; default none. */
  readonly bodies?: Bodies | undefined;
  /** Whether the caller wants an input or output left as it is. Default: none. */
  readonly ignore?: ((name: string) => boolean) | undefined;
}

/**
 * Finds caches: by what is done with them, whatever their names are, and by the names that exporters give them where a
 * graph shows one half only.
 */
export function findCaches(search: CacheSearch): GraphCache[] {
  const { operands, ignore } = search;
  const appended = appendedCaches(search);
  const known = new Set(appended.flatMap((cache) => cache.values));
  return [...appended, ...namedCaches(search, known)].map((found) => {
    // Both are asked for, so that a pattern is known to match whichever of them it means.
    const ignored = [found.input, found.output].filter((name) => name !== undefined && ignore?.(name)).length > 0;
    const all = found.values.map((name) => operands.of(name)).flatMap((v) => v?.dims.map((_, i) => v.axis(i)) ?? []);
    return { ...found, whole: ignored ? all : found.whole, ignored };
  });
}

/** A value on the way from an input, and what was done to it before. */
interface Step {
  readonly value: string;
  readonly appended: boolean;
  readonly along: readonly AxisRef[];
}

/**
 * Inputs that nothing reads but for their sizes, to append to them, and to drop some of what they hold, on the way to one
 * output. An input that is also computed with is none: its width is the caller's.
 */
function appendedCaches({ graph, lookup, operands, bodies }: CacheSearch): Omit<GraphCache, "ignored">[] {
  const readers = consumersOf(graph);
  const computed = new Set(graph.nodes.flatMap((n) => n.outputs).filter((name) => !operands.of(name)?.isWeight));
  const own = bodies ?? graph;
  const ends = new Set(own.outputs.map((v) => v.name));
  const inside = new Set(bodies?.nodes.flatMap((holder) => holder.bodies.flatMap((b) => [...b.captured.keys()])));
  return own.inputs.flatMap(({ name: input }) => {
    if (inside.has(input)) return [];
    const found = new Map<string, readonly AxisRef[]>();
    const open: Step[] = [{ value: input, appended: false, along: [] }];
    for (let at = open.pop(); at; at = open.pop()) {
      const { value, appended, along } = at;
      if (appended && ends.has(value)) found.set(value, [...(found.get(value) ?? []), ...along]);
      for (const node of readers.get(value) ?? []) {
        const next = nextOf(node, value, lookup, operands.contextOf(node), computed);
        if (!next && !appended) return [];
        for (const to of next?.values ?? [])
          open.push({ value: to, appended: appended || next!.appends, along: [...along, ...next!.along] });
      }
    }
    const [output] = found.keys();
    if (output === undefined || found.size > 1) return [];
    return [{ input, output, values: [input, output], whole: found.get(output)!, alike: [] }];
  });
}

/** The outputs that say what a network, or a body of one, makes of its inputs: all but its caches. */
export function answersOf({ graph, space }: Answering): ValueInfo[] {
  const kept = new Set(space.caches.flatMap(({ values }) => values));
  return graph.outputs.filter(({ name }) => !kept.has(name));
}

/** The parts of an analysis that tell answers from caches. */
export interface Answering {
  readonly graph: Graph;
  readonly space: { readonly caches: readonly Pick<GraphCache, "values">[] };
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
  const along = node.inputs[0] === value ? handler?.drops?.(op) : undefined;
  if (along) return { values: node.outputs, along, appends: false };
  if (handler?.moves || handler?.origin?.(op)) return { values: node.outputs, along: [], appends: false };
  return handler?.readsSizes ? { values: [], along: [], appends: false } : undefined;
}
