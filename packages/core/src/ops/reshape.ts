import { map, pin, type AxisRef, type Link } from "../solver/link.ts";
import { blocksOf } from "./_blocks.ts";
import { allZero, firstUniform } from "./_broadcast.ts";
import { reshapeForm, reshapeGradient } from "./_gradients.ts";
import { defineOp, type Operand, type OpHandler } from "./define-op.ts";
import { withScaledShape } from "./_shape-operand.ts";

/**
 * `data` with other axes over the same elements in the same order. Both sides are products of the same finer
 * axes where those exist (C·H·W ↔ C, H, W). `shape` may hold −1 (the rest) and 0 (copied). Spec: ONNX Reshape 5–25.
 */
export const reshape: OpHandler = defineOp({
  type: "Reshape",
  shapeInputs: [1],
  moves: true,
  links: ({ in: [x], out: [y] }) =>
    x && y ? [{ kind: "equal", left: x.dims.map((_, i) => x.axis(i)), right: y.dims.map((_, i) => y.axis(i)) }] : [],
  origin: () => (index) => index,
  gradient: reshapeGradient,
  train: reshapeForm,
  looseLinks: ({ in: [x], out: [y] }, torn) => (x && y ? looseLinks(x, y, torn) : undefined),
  zero: ([x]) => allZero([x]),
  uniform: firstUniform,
  cut: (op) => withScaledShape(op, 1),
});

/** Where an axis is torn, only the outermost axes of its section: an index of the shorter one is a block of the longer. */
function looseLinks(x: Operand, y: Operand, torn: (axis: AxisRef) => boolean): Link[] | undefined {
  const sections = sectionsOf(x, y);
  if (!sections.some((axes) => axes.flat().some(torn))) return undefined;
  return sections.flatMap(([left, right]): Link[] => {
    const [a, b] = [left[0], right[0]];
    if (!a || !b) return [];
    const [m, n] = [x.dim(a.axis), y.dim(b.axis)];
    const rest = [...left.slice(1), ...right.slice(1)];
    const fits = (m % n === 0 || n % m === 0) && rest.length > 0;
    if (!fits || ![...left, ...right].some(torn)) return [{ kind: "equal", left, right }];
    return [
      ...rest.map((axis) => pin(axis, "is reshaped together with blocks of another axis")),
      m % n === 0 ? map(b, a, blocksOf(m, n)) : map(a, b, blocksOf(n, m)),
    ];
  });
}

/** The shortest runs of axes that hold the same elements on both sides; axes of size 1 are left out. */
function sectionsOf(x: Operand, y: Operand): (readonly [AxisRef[], AxisRef[]])[] {
  const long = (v: Operand): number[] => v.dims.flatMap((size, axis) => (size > 1 ? [axis] : []));
  const [xs, ys] = [long(x), long(y)];
  const sections: [AxisRef[], AxisRef[]][] = [];
  let [m, n] = [1, 1];
  while (xs.length || ys.length) {
    if (m === n) sections.push([[], []]);
    const [left, right] = sections.at(-1)!;
    if (xs.length && (m <= n || !ys.length)) {
      m *= x.dim(xs[0]!);
      left.push(x.axis(xs.shift()!));
    } else {
      n *= y.dim(ys[0]!);
      right.push(y.axis(ys.shift()!));
    }
  }
  return sections;
}
