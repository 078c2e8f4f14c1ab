import { intAttribute } from "../graph/node.ts";
import { sizeOf } from "../graph/tensor.ts";
import { lookup, map, pin, same, type Link } from "../solver/link.ts";
import { allZero } from "./_broadcast.ts";
import { scatterRows } from "./_gradients.ts";
import { defineOp, type OpContext, type OpHandler } from "./define-op.ts";
import { positionsOf } from "./_select.ts";

/**
 * `Y = data[:axis] + indices.dims + data[axis+1:]`: rows of a table. Constant indices pick known slices (none of which
 * a single, scalar index can do without) and are renumbered after a cut; indices computed at run time may point at any
 * row. Spec: ONNX Gather 1, 11, 13.
 */
export const gather: OpHandler = defineOp({
  type: "Gather",
  links: (op) => [...gatherLinks(op)],
  indexes: (node) => ({ of: 0, by: 1, axis: intAttribute(node, "axis", 0) }),
  origin: ({ in: [x, at], node }) => {
    if (!x || !at?.ints) return undefined;
    const axis = x.axis(intAttribute(node, "axis", 0)).axis;
    const [rows, inner] = [x.dim(axis), sizeOf(x.dims.slice(axis + 1))];
    const picked = at.ints.map((i) => (i < 0 ? i + rows : i));
    return (index) => {
      const row = Math.floor(index / inner);
      const before = Math.floor(row / picked.length);
      return (before * rows + picked[row % picked.length]!) * inner + (index % inner);
    };
  },
  gradient: ({ in: [x, at], out: [y], dy: [dy], node, g }) => {
    const axis = x!.axis(intAttribute(node, "axis", 0)).axis;
    const [before, after] = [x!.dims.slice(0, axis), x!.dims.slice(axis + 1)];
    const first = at!.ints?.length === 1 ? at!.ints[0]! : undefined;
    if (first !== undefined) {
      const index = first < 0 ? first + x!.dim(axis) : first;
      const pads = (n: number): number[] => x!.dims.map((_, i) => (i === axis ? n : 0));
      const row = g.reshape(dy!, [...before, 1, ...after]);
      return [g.pad(row, [...pads(index), ...pads(x!.dim(axis) - 1 - index)])];
    }
    // Rows are added up along the first axis: the looked-up axes go there and come back.
    const places = at!.dims.map((_, i) => axis + i);
    const rest = y!.dims.flatMap((_, i) => (places.includes(i) ? [] : [i]));
    const rows = scatterRows(g, [x!.dim(axis), ...before, ...after], at!.name, at!.rank, g.transpose(dy!, [...places, ...rest])); // prettier-ignore
    return [
      g.transpose(
        rows,
        x!.dims.map((_, i) => (i === axis ? 0 : i < axis ? i + 1 : i)),
      ),
    ];
  },
  zero: ([x]) => allZero([x]),
  cut: ({ in: [x, at], out: [y], node, kept, int64 }) => {
    if (!x || !y || !at?.ints) return undefined;
    const axis = x.axis(intAttribute(node, "axis", 0)).axis;
    const [rows, indices] = [kept(x.axis(axis)), at.ints.map((i) => (i < 0 ? i + x.dim(axis) : i))];
    const out = at.rank === 1 ? kept(y.axis(axis)) : undefined;
    if (rows.whole && (out?.whole ?? true)) return undefined;
    const all = { size: indices.length, count: indices.length, indices: indices.map((_, i) => i), whole: true };
    const left = positionsOf(rows, out ?? all, indices);
    return [{ ...node, inputs: [x.name, int64(left, at.rank === 1 ? [left.length] : at.dims)] }];
  },
});

function* gatherLinks({ in: [x, at], out: [y], node }: OpContext): Generator<Link> {
  if (!x || !at || !y) return;
  const axis = x.axis(intAttribute(node, "axis", 0)).axis;
  for (let i = 0; i < x.rank; i++) {
    if (i !== axis) yield same(x.axis(i), y.axis(i < axis ? i : i - 1 + at.rank));
  }
  const rows = x.axis(axis);
  const indices = at.ints?.map((i) => (i < 0 ? i + x.dim(axis) : i));
  if (indices && at.rank === 1) yield map(rows, y.axis(axis), indices);
  else if (indices && at.rank === 0) yield pin(rows, "is picked out by a Gather", indices[0]);
  else {
    yield indices ? pin(rows, "is looked up by indices") : lookup(rows, at.name);
    for (let i = 0; i < at.rank; i++) {
      if (indices) yield pin(y.axis(axis + i), "is looked up by indices");
      else yield same(at.axis(i), y.axis(axis + i));
    }
  }
}
