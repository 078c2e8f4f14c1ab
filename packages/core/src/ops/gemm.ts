import { floatAttribute, intAttribute } from "../graph/node.ts";
import { feature, needsZero, same, type Link } from "../solver/link.ts";
import { alignedLinks, anyZero } from "./_broadcast.ts";
import { defineOp, type OpHandler } from "./define-op.ts";

/**
 * `Y = α·A'·B' + β·C`, where A' and B' may be transposed. `A': [M, K]`, `B': [K, N]`, C broadcasts to `[M, N]`.
 * Spec: ONNX Gemm 7, 9, 11, 13.
 */
export const gemm: OpHandler = defineOp({
  type: "Gemm",
  links: ({ in: [a, b, c], out: [y], node }) => {
    if (!a || !b || !y) return [];
    const [m, ka] = intAttribute(node, "transA", 0) ? [a.axis(1), a.axis(0)] : [a.axis(0), a.axis(1)];
    const [n, kb] = intAttribute(node, "transB", 0) ? [b.axis(0), b.axis(1)] : [b.axis(1), b.axis(0)];
    const links: Link[] = [same(m, y.axis(0)), same(n, y.axis(1)), same(ka, kb)];
    if (c) links.push(...alignedLinks(c, y, 0));
    if (a.isWeight || b.isWeight) links.push(feature(b.isWeight ? kb : ka, "input"), feature(b.isWeight ? n : m));
    else links.push(needsZero([ka, kb], "is summed over in a product of two activations"));
    return links;
  },
  zero: ([a, b, c], { in: inputs }) => anyZero([a, b]) && (!inputs[2] || c === true),
  uniform: ([, , c], [, b]) => b === true && c !== false,
  linear: ({ in: [a, b, c], out: [y], node }) => {
    // Scales and a matrix of weights on the left hide the map: rare, and left out.
    const scaled = floatAttribute(node, "alpha", 1) !== 1 || floatAttribute(node, "beta", 1) !== 1;
    if (!a || !b?.isWeight || a.isWeight || !y || scaled) return [];
    const across = intAttribute(node, "transA", 0) === 1;
    const byRow = intAttribute(node, "transB", 0) === 1;
    const [rows, features] = byRow ? [b.dim(0), b.dim(1)] : [b.dim(1), b.dim(0)];
    const vector = c && c.dims.slice(0, -1).every((d) => d === 1) && c.dim(-1) === rows ? c : undefined;
    return [
      {
        weight: b,
        bias: vector,
        biasInput: node.inputs[2] ? undefined : 2,
        input: a.axis(across ? 0 : 1),
        output: y.axis(1),
        rows,
        features,
        strides: byRow ? { row: features, feature: 1 } : { row: 1, feature: rows },
        unfold: (emit) => (across ? emit.transpose(a.name, [1, 0]) : a.name),
        unfoldOutput: (_, name) => name,
      },
    ];
  },
  gradient: (op) => {
    const {
      in: [a, b, c],
      out: [y],
      node,
      dy: [dy],
      g,
      needs,
    } = op;
    const [alpha, beta] = [floatAttribute(node, "alpha", 1), floatAttribute(node, "beta", 1)];
    const [ta, tb] = [intAttribute(node, "transA", 0), intAttribute(node, "transB", 0)];
    const product = (left: string, transA: number, right: string, transB: number): string =>
      g.op("Gemm", [left, right], { transA, transB, alpha: { type: "float", value: alpha } });
    return [
      needs(0) ? (ta ? product(b!.name, tb, dy!, 1) : product(dy!, 0, b!.name, 1 - tb)) : undefined,
      needs(1) ? (tb ? product(dy!, 1, a!.name, ta) : product(a!.name, 1 - ta, dy!, 0)) : undefined,
      c && needs(2) ? g.scale(g.sumTo(dy!, y!.dims, c.dims), beta) : undefined,
    ];
  },
  macs: ({ in: [a], out: [y], node }) => (a && y ? y[0]! * y[1]! * a[intAttribute(node, "transA", 0) ? 0 : 1]! : 0),
});
