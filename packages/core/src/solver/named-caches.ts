import { isFloat } from "../graph/dtype.ts";
import { consumersOf, producersOf, type ValueInfo } from "../graph/graph.ts";
import type { Node } from "../graph/node.ts";
import type { Operand } from "../ops/define-op.ts";
import type { Bodies } from "../passes/bodies.ts";
import type { CacheSearch, GraphCache } from "./caches.ts";

/**
 * What exporters of language models call caches: `past_key_values.0.key` and `present.0.key` (Hugging Face optimum),
 * `past_0` and `present_0`, `past_key_self_0` and `present_key_self_0` (ONNX Runtime's tools). What follows is the same
 * for an input and the output that takes its place in the next run: a layer's number, and what of it is kept.
 */
const NAME = /^(?:past|present)(?:_key_values)?[._]((?:(?:key|value|self|cross|encoder|decoder|\d+)(?:[._]|$))+)$/;

/** Keys and values by themselves are told by their names, both in one tensor by its first axis. */
const isNamedEach = (key: string): boolean => /\d/.test(key) && /key|value/.test(key);

/** Axes that may become narrower, counted from the last: heads and features. Batch and steps stay. */
const NARROW = [-3, -1];

/**
 * Caches of which a graph shows one half only, or which it also computes with: the presents of a first step, keys of an
 * encoder that every step reads, and all caches of bodies. They go by their names, are of type float and of shape
 * `[batch, heads, steps, features]` or, where a name tells no keys from values, `[2, …]` with both. An output holds what
 * the network itself computes with as well, as attention does with its keys and values: no result made for the caller.
 * @param known values that are known to be caches
 */
export function namedCaches(search: CacheSearch, known: ReadonlySet<string>): Omit<GraphCache, "ignored">[] {
  const { graph, operands, bodies } = search;
  const { inputs, outputs } = bodies ?? graph;
  const candidates = new Map<string, { input?: string; output?: string; values: string[] }>();
  const isKept = keptBy(search);
  const enter = (kind: "input" | "output", { name, dtype }: ValueInfo, values: readonly string[]): void => {
    const key = NAME.exec(name)?.[1];
    if (key === undefined || known.has(name) || !isFloat(dtype) || !values.length) return;
    const yielded = values.length > 1 ? values.filter((value) => value !== name) : values;
    if (kind === "output" && !yielded.every((value) => isKept(value))) return;
    const entry = candidates.get(key) ?? { values: [] };
    candidates.set(key, { ...entry, [kind]: name, values: [...entry.values, ...values] });
  };
  for (const v of inputs) enter("input", v, insideOf(v.name, bodies));
  for (const v of outputs) enter("output", v, behind(v.name, bodies));
  return [...candidates].flatMap(([key, { input, output, values }]) => {
    const all = values.map((name) => operands.of(name));
    if (!all.every((v) => v !== undefined) || !areAlike(all, isNamedEach(key) ? 4 : 5)) return [];
    const whole = all.flatMap((v) => v.dims.flatMap((_, i) => (NARROW.includes(i - v.rank) ? [] : [v.axis(i)])));
    const alike = NARROW.map((axis) => all.map((v) => v.axis(axis)));
    return [{ input, output, values: [...new Set(values)], whole, alike }];
  });
}

const areAlike = ([first, ...others]: readonly Operand[], rank: 4 | 5): boolean =>
  first?.rank === rank &&
  (rank === 4 || first.dim(0) === 2) &&
  others.every((v) => v.rank === first.rank && NARROW.every((axis) => v.dim(axis) === first.dim(axis)));

/** An outer value and the inputs that stand for it in bodies. */
function insideOf(name: string, bodies: Bodies | undefined): string[] {
  const inner = bodies?.nodes.flatMap((holder) => holder.bodies) ?? [];
  return [name, ...inner.flatMap(({ captured, part }) => (captured.has(name) ? insideOf(captured.get(name)!, part) : []))]; // prettier-ignore
}

/** A value and, where an If yields it, what its branches yield for it; none where another node with bodies does. */
function behind(name: string, bodies: Bodies | undefined): string[] {
  const holder = bodies?.nodes.find(({ node }) => node.outputs.includes(name));
  if (!holder) return [name];
  const { node, bodies: branches } = holder;
  if (node.opType !== "If" || branches.length < 2) return [];
  const at = node.outputs.indexOf(name);
  const all = branches.map(({ part }) => behind(part.outputs[at]!.name, part));
  return all.every((values) => values.length) ? [name, ...all.flat()] : [];
}

/**
 * Tells whether the network also computes with what an output holds, or hands it on from an input: going back over nodes
 * that only move, drop and append, something else reads it, or the node that yields it yields more.
 */
function keptBy({ graph, lookup, operands }: CacheSearch): (output: string) => boolean {
  const [producers, readers] = [producersOf(graph), consumersOf(graph)];
  const handsOn = (node: Node): readonly string[] | undefined => {
    const [handler, op] = [lookup(node), operands.contextOf(node)];
    const appended = handler?.appends?.(op) ?? [];
    if (appended.length) return appended.flatMap(({ to, by }) => [to, ...by].map((i) => node.inputs[i] ?? ""));
    return handler?.moves || handler?.drops?.(op) || handler?.origin?.(op) ? node.inputs.slice(0, 1) : undefined;
  };
  const isKept = (value: string, reader?: Node): boolean => {
    const node = producers.get(value);
    if (!node || !node.inputs.length) return true;
    const others = (readers.get(value) ?? []).filter((r) => r !== reader && !lookup(r)?.readsSizes);
    if (others.length || node.outputs.filter(Boolean).length > 1) return true;
    const from = handsOn(node)?.filter(Boolean);
    return from !== undefined && from.every((name) => isKept(name, node));
  };
  return isKept;
}
