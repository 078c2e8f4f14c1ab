import { intAttribute, withAttributes } from "../graph/node.ts";
import { balanced, blocks, factor, map, merge } from "../solver/link.ts";
import { placesOf } from "./_blocks.ts";
import { convolutionLinks } from "./_convolution.ts";
import { contraction } from "./_contraction.ts";
import { rowsOf, windows } from "./_unfold.ts";
import { defineOp, type OpHandler } from "./define-op.ts";

/**
 * Convolution over any number of spatial axes. `X: [N, C, …]`, `W: [M, C/group, …kernel]`, `B: [M]`, `Y: [N, M, …]`.
 * With groups, C and M are `group` blocks: a whole block goes from both, or the same indices of C from every block and
 * equally many of M.
 * Depthwise is the case C/group = 1 and needs no rule of its own. Spec: ONNX Conv 1, 11, 22.
 */
export const conv: OpHandler = defineOp({
  type: "Conv",
  links: ({ in: [x, w, b], out: [y], node }) => {
    if (!x || !w || !y) return [];
    const group = intAttribute(node, "group", 1);
    const g = factor("group", group);
    const inBlock = factor("out", w.dim(0) / group);
    return [
      merge([g, w.axis(1)], x.axis(1)),
      merge([g, inBlock], w.axis(0)),
      ...(group > 1 ? [blocks(g)] : []),
      ...convolutionLinks(x, y, w.axis(0), b),
      ...contraction(w, w.axis(0), w.axis(1)),
    ];
  },
  // Every block reads the same of its inputs, and yields equally many outputs.
  looseLinks: ({ in: [x, w, b], out: [y], node }, torn) => {
    const group = intAttribute(node, "group", 1);
    if (!x || !w || !y || group === 1 || w.dim(1) === 1 || (!torn(x.axis(1)) && !torn(y.axis(1)))) return undefined;
    return [
      map(w.axis(1), x.axis(1), placesOf(x.dim(1), w.dim(1))),
      balanced(y.axis(1), group, `is yielded by the ${group} blocks of a convolution in equal parts`),
      ...convolutionLinks(x, y, w.axis(0), b),
      ...contraction(w, w.axis(0), w.axis(1)),
    ];
  },
  zero: ([, w, b], { in: inputs }) => w === true && (b === true || !inputs[2]),
  cut: ({ node, keptFactor }) => {
    const group = keptFactor("group");
    return group.whole ? undefined : [withAttributes(node, { group: { type: "int", value: group.count } })];
  },
  macs: ({ in: [, w], out: [y] }) => (w && y ? product(y) * product(w.slice(1)) : 0),
  linear: ({ in: [x, w, b], out: [y], node }) => {
    if (!x || !w?.isWeight || !y) return [];
    const blocks = intAttribute(node, "group", 1);
    const kernel = w.dims.slice(2);
    const [rows, features] = [w.dim(0) / blocks, w.dim(1)];
    const columns = features * product(kernel);
    return [
      {
        weight: w,
        bias: b,
        input: x.axis(1),
        output: y.axis(1),
        blocks,
        rows,
        features,
        kernel: product(kernel),
        strides: { block: rows * columns, row: columns, feature: product(kernel) },
        unfold: (emit) => windows(emit, node, x.name, x.dim(1), kernel),
        unfoldOutput: (emit, name) => rowsOf(emit, name, y.rank, 1, w.dim(0)),
      },
    ];
  },
});

const product = (dims: readonly number[]): number => dims.reduce((a, b) => a * b, 1);
