import { intAttribute, withAttributes } from "../graph/node.ts";
import { sizeOf } from "../graph/tensor.ts";
import { balanced, blocks, factor, map, merge, same } from "../solver/link.ts";
import { placesOf } from "./_blocks.ts";
import { convolutionLinks } from "./_convolution.ts";
import { contraction } from "./_contraction.ts";
import { defineOp, type OpHandler } from "./define-op.ts";

/**
 * Transposed convolution. `X: [N, C, …]`, `W: [C, M/group, …kernel]`, `B: [M]`, `Y: [N, M, …]`. With groups, C and M are
 * `group` blocks: a whole block goes from both, or the same indices go from every block. Spec: ONNX ConvTranspose 1, 11, 22.
 */
export const convTranspose: OpHandler = defineOp({
  type: "ConvTranspose",
  links: ({ in: [x, w, b], out: [y], node }) => {
    if (!x || !w || !y) return [];
    const g = factor("group", intAttribute(node, "group", 1));
    const inBlock = factor("in", w.dim(0) / g.size);
    return [
      merge([g, inBlock], w.axis(0)),
      same(w.axis(0), x.axis(1)),
      merge([g, w.axis(1)], y.axis(1)),
      ...(g.size > 1 ? [blocks(g)] : []),
      ...convolutionLinks(x, y, y.axis(1), b),
      ...contraction(w, w.axis(1), w.axis(0)),
    ];
  },
  // Every block yields the same of its outputs, and reads equally many inputs.
  looseLinks: ({ in: [x, w, b], out: [y], node }, torn) => {
    const group = intAttribute(node, "group", 1);
    if (!x || !w || !y || group === 1 || w.dim(1) === 1 || (!torn(x.axis(1)) && !torn(y.axis(1)))) return undefined;
    return [
      same(w.axis(0), x.axis(1)),
      balanced(x.axis(1), group, `is read by the ${group} blocks of a convolution in equal parts`),
      map(w.axis(1), y.axis(1), placesOf(y.dim(1), w.dim(1))),
      ...convolutionLinks(x, y, y.axis(1), b),
      ...contraction(w, w.axis(1), w.axis(0)),
    ];
  },
  zero: ([, w, b], { node }) => w === true && (b === true || !node.inputs[2]),
  cut: ({ node, keptFactor }) => {
    const group = keptFactor("group");
    return group.whole ? undefined : [withAttributes(node, { group: { type: "int", value: group.count } })];
  },
  macs: ({ in: [x, w] }) => (x && w ? sizeOf(x) * sizeOf(w.slice(1)) : 0),
  linear: ({ in: [x, w, b], out: [y], node }) => {
    if (!x || !w?.isWeight || !y) return [];
    const blocks = intAttribute(node, "group", 1);
    const [features, rows] = [w.dim(0) / blocks, w.dim(1)];
    const kernel = sizeOf(w.dims.slice(2));
    const strides = { block: features * rows * kernel, row: kernel, feature: rows * kernel };
    return [{ weight: w, bias: b, input: x.axis(1), output: y.axis(1), blocks, rows, features, kernel, strides }];
  },
});
