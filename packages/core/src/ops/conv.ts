import { intAttribute, intsAttribute, stringAttribute, withAttributes } from "../graph/node.ts";
import { balanced, blocks, factor, map, merge } from "../solver/link.ts";
import { placesOf } from "./_blocks.ts";
import { type Convolution, convolutionByColumns, inputGradient, kernelGradient } from "./_conv-gradients.ts";
import { convolutionLinks } from "./_convolution.ts";
import { windowsOf } from "./_window.ts";
import { contraction } from "./_contraction.ts";
import { rowsOf, windows } from "./_unfold.ts";
import { defineOp, type OpContext, type OpHandler } from "./define-op.ts";

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
  // A depthwise kernel reads one channel for each that it yields.
  zero: ([x, w, b], { in: inputs, node }) =>
    (w === true || (x === true && intAttribute(node, "group", 1) > 1 && inputs[1]?.dim(1) === 1)) &&
    (b === true || !inputs[2]),
  uniform: ([, , b], [, w]) => w === true && b !== false,
  cut: ({ node, keptFactor }) => {
    const group = keptFactor("group");
    return group.whole ? undefined : [withAttributes(node, { group: { type: "int", value: group.count } })];
  },
  train: (op) => {
    const c = convolutionOf(op);
    return c && convolutionByColumns(op, c);
  },
  gradient: (op) => {
    const { in: [x, w, b], dy: [dy], g, needs } = op; // prettier-ignore
    const c = convolutionOf(op)!;
    const spatial = x!.dims.map((_, i) => i).slice(2);
    return [
      needs(0) ? inputGradient(g, c, w!.name, dy!) : undefined,
      needs(1) ? kernelGradient(g, c, x!.name, dy!) : undefined,
      b && needs(2) ? g.reduce("ReduceSum", dy!, [0, ...spatial], false) : undefined,
    ];
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
        biasInput: node.inputs[2] ? undefined : 2,
        input: x.axis(1),
        output: y.axis(1),
        blocks,
        rows,
        features,
        kernel: product(kernel),
        strides: { block: rows * columns, row: columns, feature: product(kernel) },
        padded:
          intsAttribute(node, "pads")?.some((n) => n > 0) || stringAttribute(node, "auto_pad", "").startsWith("SAME"),
        unfold: (emit) => windows(emit, node, x.name, x.dim(1), kernel),
        unfoldOutput: (emit, name) => rowsOf(emit, name, y.rank, 1, w.dim(0)),
      },
    ];
  },
});

function convolutionOf({ in: [x, w], out: [y], node }: OpContext): Convolution | undefined {
  if (!x || !w || !y) return undefined;
  return {
    batch: x.dim(0),
    channels: x.dim(1),
    filters: w.dim(0),
    group: intAttribute(node, "group", 1),
    windows: windowsOf(node, w.dims.slice(2), x.dims.slice(2), y.dims.slice(2)),
  };
}

const product = (dims: readonly number[]): number => dims.reduce((a, b) => a * b, 1);
