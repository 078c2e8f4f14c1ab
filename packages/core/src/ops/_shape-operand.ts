import type { Node } from "../graph/node.ts";
import { nodeOf } from "../graph/node.ts";
import type { CutContext } from "./define-op.ts";

/**
 * The shape operand of a Reshape, Expand or the like, after a cut of the output's axes: entries of cut axes become
 * the number of kept indices; −1, 0 and untouched entries stay. Shape arithmetic always yields the sizes before the
 * cut (see the Shape operator), so an operand that is computed at run time is scaled by kept / size.
 * @returns the name of the new operand and the nodes that compute it; undefined when nothing changes.
 */
export function scaledShape(
  op: CutContext,
  input: number,
  axisOfEntry: (entry: number) => number | undefined = (i) => i,
): { name: string; nodes: readonly Node[] } | undefined {
  const y = op.out[0];
  const operand = op.in[input];
  if (!y || !operand) return undefined;
  const entries = operand.dim(0);
  const counts: number[] = [];
  const sizes: number[] = [];
  for (let i = 0; i < entries; i++) {
    const axis = axisOfEntry(i);
    const kept = axis === undefined ? undefined : op.kept(y.axis(axis));
    const stays = !kept || kept.whole || (operand.ints !== undefined && operand.ints[i]! <= 0);
    counts.push(stays ? 1 : kept.count);
    sizes.push(stays ? 1 : kept.size);
  }
  if (counts.every((c, i) => c === sizes[i])) return undefined;
  if (operand.ints) return { name: op.int64(operand.ints.map((v, i) => (v / sizes[i]!) * counts[i]!)), nodes: [] };
  const [product, name] = [op.fresh("shape"), op.fresh("shape")];
  return {
    name,
    nodes: [
      nodeOf("Mul", [operand.name, op.int64(counts)], [product]),
      nodeOf("Div", [product, op.int64(sizes)], [name]),
    ],
  };
}

/** The node with its shape operand scaled as {@link scaledShape} says; undefined when nothing changes. */
export function withScaledShape(op: CutContext, input: number, axisOfEntry?: (entry: number) => number | undefined): Node[] | undefined {
  const shape = scaledShape(op, input, axisOfEntry);
  return shape && [...shape.nodes, { ...op.node, inputs: op.node.inputs.map((name, i) => (i === input ? shape.name : name)) }];
}
