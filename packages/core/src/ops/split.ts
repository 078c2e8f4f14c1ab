import { intAttribute, intsAttribute, withAttributes } from "../graph/node.ts";
import { same, type Link } from "../solver/link.ts";
import { allZero, firstUniform } from "./_broadcast.ts";
import { defineOp, type OpContext, type OpHandler } from "./define-op.ts";

/**
 * Pieces of `input` along `axis`, one per output; after a cut the pieces may have unequal sizes, which are then
 * spelled out. Sizes are an attribute before opset 13, an input since; both may be left out. Spec: ONNX Split 2, 11, 13, 18.
 */
export const split: OpHandler = defineOp({
  type: "Split",
  shapeInputs: [1],
  links: (op) => {
    const [x] = op.in;
    if (!x) return [];
    return piecesOf(op).flatMap(({ start, length }, n) => {
      const y = op.out[n];
      if (!y) return [];
      return x.dims.map((_, i): Link => {
        const [from, to] = [x.axis(i), y.axis(i)];
        return i === alongOf(op) ? { kind: "segment", from, fromStart: start, to, toStart: 0, length } : same(from, to);
      });
    });
  },
  gradient: (op) => {
    const { out, dy, g } = op;
    const parts = out.map((y, i) => dy[i] ?? g.zeros(y!.dims));
    return [g.op("Concat", parts, { axis: alongOf(op) })];
  },
  train: (op) => {
    const sizes = piecesOf(op).map((piece) => piece.length);
    return { outputs: op.g.ops("Split", [op.node.inputs[0], op.g.ints(sizes)], { axis: alongOf(op) }, sizes.length) };
  },
  zero: ([x]) => allZero([x]),
  uniform: firstUniform,
  cut: (op) => {
    const { node, opset } = op;
    const kept = op.in[0] && op.kept(op.in[0].axis(alongOf(op)));
    if (!kept || kept.whole) return undefined;
    const sizes = piecesOf(op).map(
      ({ start, length }) => Array.from(kept.indices).filter((i) => i >= start && i < start + length).length,
    );
    if (opset < 13) return [withAttributes(node, { split: { type: "ints", value: sizes } })];
    return [{ ...withAttributes(node, { num_outputs: undefined }), inputs: [node.inputs[0]!, op.int64(sizes)] }];
  },
});

const alongOf = ({ in: [x], node }: OpContext): number => x!.axis(intAttribute(node, "axis", 0)).axis;

/** The run of indices that each output takes, also of outputs that nobody asked for. */
function piecesOf(op: OpContext): { start: number; length: number }[] {
  const { in: inputs, out, node } = op;
  const given = intsAttribute(node, "split") ?? inputs[1]?.ints;
  const even = Math.ceil(inputs[0]!.dim(alongOf(op)) / out.length);
  let start = 0;
  return out.map((y, n) => {
    const length = y?.dim(alongOf(op)) ?? given?.[n] ?? even;
    start += length;
    return { start: start - length, length };
  });
}
