import { intAttribute, withAttributes } from "../graph/node.ts";
import { sizeOf } from "../graph/tensor.ts";
import { balanced, blocks, factor, map, merge, same } from "../solver/link.ts";
import { placesOf } from "./_blocks.ts";
import { type Convolution, kernelGradient } from "./_conv-gradients.ts";
import { convolutionLinks } from "./_convolution.ts";
import { padsOf, windowsOf } from "./_window.ts";
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
  // The input gradient of a convolution from Y to X: so dX is that convolution, and dW its kernel gradient.
  gradient: (op) => {
    const {
      in: [x, w, b],
      out: [y],
      node,
      dy: [dy],
      g,
      needs,
    } = op;
    const group = intAttribute(node, "group", 1);
    const windows = windowsOf(node, w!.dims.slice(2), y!.dims.slice(2), x!.dims.slice(2));
    const c: Convolution = { batch: x!.dim(0), channels: y!.dim(1), filters: x!.dim(1), group, windows };
    const spatial = x!.dims.map((_, i) => i).slice(2);
    const [strides, dilations] = [windows.map((v) => v.stride), windows.map((v) => v.dilation)];
    return [
      needs(0) ? g.op("Conv", [dy, w!.name], { group, strides, dilations, pads: padsOf(windows) }) : undefined,
      needs(1) ? kernelGradient(g, c, dy!, x!.name) : undefined,
      b && needs(2) ? g.reduce("ReduceSum", dy!, [0, ...spatial], false) : undefined,
    ];
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
