import { nodeOf, type Node } from "../graph/node.ts";
import type { CutContext, Kept } from "./define-op.ts";

/** What becomes of one entry of an integer operand: another number, itself times count / size, or (undefined) itself. */
export type Entry = number | Pick<Kept, "count" | "size"> | undefined;

/**
 * An integer operand with some entries rewritten: as a constant where all are known, else computed from the operand
 * at run time (negative entries, such as the −1 of a Reshape, are never scaled).
 * @returns the name of the new operand and the nodes that compute it; undefined when nothing changes.
 */
function rewriteInts(
  op: CutContext,
  input: number,
  entryOf: (index: number) => Entry,
): { name: string; nodes: readonly Node[] } | undefined {
  const operand = op.in[input];
  if (!operand) return undefined;
  const entries = Array.from({ length: operand.dim(0) }, (_, i) => entryOf(i));
  if (entries.every((e) => e === undefined)) return undefined;
  if (operand.ints) {
    const known = entries.map((e, i) => rewritten(operand.ints![i]!, e));
    return known.every((v, i) => v === operand.ints![i]) ? undefined : { name: op.int64(known), nodes: [] };
  }
  if (entries.every((e) => typeof e === "number")) return { name: op.int64(entries), nodes: [] };
  const nodes: Node[] = [];
  const emit = (type: string, inputs: readonly string[]): string => {
    const name = op.fresh("shape");
    nodes.push(nodeOf(type, inputs, [name]));
    return name;
  };
  let name = operand.name;
  if (entries.some((e) => typeof e === "object")) {
    const product = emit("Mul", [name, op.int64(entries.map((e) => (typeof e === "object" ? e.count : 1)))]);
    const scaled = emit("Div", [product, op.int64(entries.map((e) => (typeof e === "object" ? e.size : 1)))]);
    name = emit("Where", [emit("Less", [name, op.int64([0], [])]), name, scaled]);
  }
  if (entries.some((e) => typeof e === "number")) {
    const replaced = entries.map((e) => (typeof e === "number" ? 1 : 0));
    name = emit("Mul", [name, op.int64(replaced.map((r) => 1 - r))]);
    name = emit("Add", [name, op.int64(entries.map((e) => (typeof e === "number" ? e : 0)))]);
  }
  return { name, nodes };
}

const rewritten = (value: number, entry: Entry): number => {
  if (typeof entry === "number") return entry;
  return entry && value > 0 ? (value / entry.size) * entry.count : value;
};

/** The node with an integer operand rewritten as {@link rewriteInts} says; undefined when nothing changes. */
export function withRewrittenInts(
  op: CutContext,
  input: number,
  entryOf: (index: number) => Entry,
): Node[] | undefined {
  const made = rewriteInts(op, input, entryOf);
  if (!made) return undefined;
  const inputs = op.node.inputs.map((name, i) => (i === input ? made.name : name));
  return [...made.nodes, { ...op.node, inputs }];
}

/**
 * The node with its shape operand (of a Reshape, Expand or the like) fitted to a cut of the output's axes: the entry
 * of a cut axis becomes the number of kept indices; −1 and other entries stay. Shape arithmetic yields the sizes
 * before the cut (see the Shape operator), so the entry of a cut axis whose size varies, such as batch × heads, is
 * scaled by kept / size.
 */
export function withScaledShape(
  op: CutContext,
  input: number,
  axisOfEntry: (entry: number) => number = (i) => i,
): Node[] | undefined {
  const y = op.out[0];
  if (!y) return undefined;
  return withRewrittenInts(op, input, (entry) => {
    const axis = axisOfEntry(entry);
    const kept = op.kept(y.axis(axis));
    if (kept.whole || op.in[input]?.ints?.[entry] === -1) return undefined;
    return y.isDynamic(axis) ? kept : kept.count;
  });
}
