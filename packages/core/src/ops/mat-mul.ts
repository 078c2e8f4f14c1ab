import { feature, heads, needsZero, same, type Link } from "../solver/link.ts";
import { alignedLinks, anyZero } from "./_broadcast.ts";
import { rowsOf } from "./_unfold.ts";
import { defineOp, type OpContext, type OpHandler } from "./define-op.ts";

/**
 * `Y = A·B` over the last two axes, the others broadcast. `A: [...batch, M, K]`, `B: [...batch, K, N]`,
 * `Y: [...batch, M, N]`; a rank-1 operand lacks M or N. Weights may stand on either side; where both sides are
 * activations (attention), batch axes are heads and the contraction needs zeros. Spec: ONNX MatMul 1, 9, 13.
 */
export const matMul: OpHandler = defineOp({
  type: "MatMul",
  multiplies: true,
  links: (op) => [...matMulLinks(op)],
  zero: anyZero,
  linear: ({ in: [a, b], out: [y] }) => {
    if (!a || !b || !y || a.isWeight === b.isWeight) return [];
    const [x, w] = a.isWeight ? [b, a] : [a, b];
    if (w.rank !== 2 || x.rank < 2) return [];
    const axis = a.isWeight ? -2 : -1;
    const [rows, features] = a.isWeight ? [w.dim(0), w.dim(1)] : [w.dim(1), w.dim(0)];
    return [
      {
        weight: w,
        input: x.axis(axis),
        output: y.axis(axis),
        rows,
        features,
        strides: a.isWeight ? { row: features, feature: 1 } : { row: 1, feature: rows },
        unfold: (emit) => rowsOf(emit, x.name, x.rank, axis, features),
        unfoldOutput: (emit, name) => rowsOf(emit, name, y.rank, axis, rows),
      },
    ];
  },
  gradient: ({ in: [a, b], out: [y], dy: [dy], g, needs }) => {
    const [as, bs] = [a!.dims, b!.dims];
    // A weight on the right of many rows: one product over all of them.
    const flat = bs.length === 2 && as.length > 2;
    const rows = (x: string, dims: readonly number[]): string => (flat ? g.reshape(x, [-1, dims.at(-1)!]) : x);
    return [
      needs(0) ? g.sumTo(g.matMul(dy!, g.swapLastTwo(b!.name, bs.length)), [...y!.dims.slice(0, -1), as.at(-1)!], as) : undefined, // prettier-ignore
      needs(1)
        ? flat
          ? g.op("Gemm", [rows(a!.name, as), rows(dy!, y!.dims)], { transA: 1 })
          : g.sumTo(g.matMul(g.swapLastTwo(a!.name, as.length), dy!), [...y!.dims.slice(0, -2), ...bs.slice(-2)], bs)
        : undefined,
    ];
  },
  // A rank-1 operand is a row or a column.
  train: ({ in: [a, b], out: [y], g }) => {
    if (!a || !b || !y || (a.rank > 1 && b.rank > 1)) return undefined;
    const row = a.rank === 1 ? g.reshape(a.name, [1, a.dim(0)]) : a.name;
    const column = b.rank === 1 ? g.reshape(b.name, [b.dim(0), 1]) : b.name;
    return { outputs: [g.reshape(g.matMul(row, column), y.dims)] };
  },
  macs: ({ in: [a], out: [y] }) => (a && y ? y.reduce((p, d) => p * d, 1) * (a.at(-1) ?? 1) : 0),
});

function* matMulLinks({ in: [a, b], out: [y] }: OpContext): Generator<Link> {
  if (!a || !b || !y) return;
  const [ka, kb] = [a.axis(-1), b.axis(b.rank === 1 ? 0 : -2)];
  yield same(ka, kb);
  if (a.rank > 1) yield same(a.axis(-2), y.axis(b.rank === 1 ? -1 : -2));
  if (b.rank > 1) yield same(b.axis(-1), y.axis(-1));
  if (a.rank > 1 && b.rank > 1) {
    yield* alignedLinks(a, y, 2);
    yield* alignedLinks(b, y, 2);
  }
  if (a.isWeight || b.isWeight) {
    yield feature(a.isWeight ? ka : kb, "input");
    if (b.isWeight && b.rank > 1) yield feature(b.axis(-1));
    if (a.isWeight && a.rank > 1) yield feature(a.axis(-2));
  } else {
    yield needsZero([ka, kb], "is summed over in a product of two activations");
    for (let i = 0; i < y.rank - 2; i++) yield heads(y.axis(i));
  }
}
