import { intsAttribute } from "../graph/node.ts";
import { map, pin, same, type Link } from "../solver/link.ts";
import { allZero } from "./_broadcast.ts";
import { scatterRows } from "./_gradients.ts";
import { defineOp, type CutContext, type GradientContext, type OpContext, type OpHandler } from "./define-op.ts";
import { pinAll } from "./_pin-all.ts";
import { positionsOf, selectNodes, selectionOf } from "./_select.ts";

/**
 * `Y = X[start:end:step]` on some axes. Bounds may be negative (from the end) or lie outside, and are clamped.
 * Attributes before opset 10, inputs since. A cut gives new bounds, or a Gather where what is left of the slice is no
 * run of what is left of `X`. Spec: ONNX Slice 1, 10, 11, 13.
 */
export const slice: OpHandler = defineOp({
  type: "Slice",
  shapeInputs: [1, 2, 3, 4],
  links: (op) => {
    const [[x], [y]] = [op.in, op.out];
    if (!x || !y) return [];
    const axes = axesOf(op);
    if (!axes) return pinAll(op, "is sliced along axes known only at run time");
    return x.dims.flatMap((size, i): Link[] => {
      const entry = axes.indexOf(i);
      if (entry < 0) return [same(x.axis(i), y.axis(i))];
      const steps = stepsOf(op);
      const range = rangeOf(op, entry, size);
      if (!range && size === y.dim(i) && steps && (steps[entry] ?? 1) > 0) return [same(x.axis(i), y.axis(i))];
      if (range?.length !== y.dim(i)) {
        return [x, y].map((v) => pin(v.axis(i), "is sliced at bounds known only at run time"));
      }
      if (range.step !== 1) return [map(x.axis(i), y.axis(i), indicesOf(range))];
      return [
        { kind: "segment", from: x.axis(i), fromStart: range.start, to: y.axis(i), toStart: 0, length: range.length },
      ];
    });
  },
  drops: (op) => {
    const [[x], [y], axes] = [op.in, op.out, axesOf(op)];
    return x && y ? axes?.flatMap((axis) => [x.axis(axis), y.axis(axis)]) : undefined;
  },
  zero: ([x]) => allZero([x]),
  cut: (op) => cutSlice(op),
  gradient: (op) => sliceGradient(op),
  train: (op) => {
    const [[x], axes, bounds] = [op.in, axesOf(op), boundsOf(op)];
    if (!x || !axes || !bounds || op.opset >= 10) return undefined;
    return { outputs: [op.g.slice(x.name, axes, bounds.starts.map(bounded), bounds.ends.map(bounded))] };
  },
});

function cutSlice(op: CutContext): ReturnType<NonNullable<OpHandler["cut"]>> {
  const [[x], [y]] = [op.in, op.out];
  const [axes, bounds] = [axesOf(op), boundsOf(op)];
  if (!x || !y || !axes || !bounds) return undefined;
  if (axes.every((i) => op.kept(x.axis(i)).whole && op.kept(y.axis(i)).whole)) return undefined;
  return selectNodes(
    op,
    axes.map((axis, entry) => {
      const [from, to] = [op.kept(x.axis(axis)), op.kept(y.axis(axis))];
      const [start, end, step] = [bounds.starts[entry]!, bounds.ends[entry]!, bounds.steps[entry] ?? 1];
      if (from.whole && to.whole) return { axis, start: bounded(start), end: bounded(end), step };
      return selectionOf(axis, positionsOf(from, to, indicesOf(rangeOf(op, entry, from.size)!)));
    }),
  );
}

/** Zeros where nothing was taken: padding, or, where indices were skipped, rows written one by one. */
function sliceGradient(op: GradientContext): (string | undefined)[] | undefined {
  const [[x], axes, g] = [op.in, axesOf(op), op.g];
  const ranges = axes?.map((axis, entry) => rangeOf(op, entry, x!.dim(axis)));
  if (!x || !axes || !ranges?.every((range) => range !== undefined)) return undefined;
  const pads = Array.from({ length: 2 * x.rank }, () => 0);
  let dy = op.dy[0]!;
  for (const [entry, axis] of axes.entries()) {
    const range = ranges[entry]!;
    if (range.step === 1) {
      pads[axis] = range.start;
      pads[axis + x.rank] = x.dim(axis) - range.start - range.length;
      continue;
    }
    const dims = op.out[0]!.dims.map((d, i) => (axes.indexOf(i) >= 0 && axes.indexOf(i) < entry && ranges[axes.indexOf(i)]!.step !== 1 ? x.dim(i) : d)); // prettier-ignore
    const order = [axis, ...dims.keys()].filter((i, at, all) => all.indexOf(i) === at);
    const rows = g.transpose(dy, order);
    const inner = order.slice(1).map((i) => dims[i]!);
    const scattered = scatterRows(g, [x.dim(axis), ...inner], g.ints(indicesOf(range)), 1, rows);
    dy = g.transpose(
      scattered,
      order.map((_, i) => order.indexOf(i)),
    );
  }
  return [g.pad(dy, pads)];
}

/** A bound beyond any size, such as INT64_MAX (which no JavaScript number can hold), as one that is safe to write. */
const bounded = (bound: number): number => Math.min(2 ** 31 - 1, Math.max(1 - 2 ** 31, bound));

interface Range {
  readonly start: number;
  readonly step: number;
  readonly length: number;
}

const indicesOf = ({ start, step, length }: Range): number[] => Array.from({ length }, (_, i) => start + i * step);

/** The sliced axes; undefined where they are computed at run time. */
function axesOf({ in: [x, starts, , axes], node, opset }: OpContext): number[] | undefined {
  const given = opset < 10 ? intsAttribute(node, "axes") : axes?.ints;
  if (given) return given.map((a) => x!.axis(a).axis);
  if (opset >= 10 && node.inputs[3]) return undefined;
  const length = opset < 10 ? intsAttribute(node, "starts")?.length : starts?.dim(0);
  return Array.from({ length: length ?? 0 }, (_, i) => i);
}

function stepsOf({ in: inputs, node, opset }: OpContext): readonly number[] | undefined {
  return opset < 10 || !node.inputs[4] ? [] : inputs[4]?.ints;
}

/** Bounds and steps per sliced axis; undefined where any is computed at run time. */
function boundsOf(op: OpContext): Record<"starts" | "ends" | "steps", readonly number[]> | undefined {
  const attributes = op.opset < 10;
  const starts = attributes ? intsAttribute(op.node, "starts") : op.in[1]?.ints;
  const ends = attributes ? intsAttribute(op.node, "ends") : op.in[2]?.ints;
  const steps = stepsOf(op);
  return starts && ends && steps && { starts, ends, steps };
}

/** What a slice takes of an axis, with the bounds clamped as the operator does. */
function rangeOf(op: OpContext, entry: number, size: number): Range | undefined {
  const bounds = boundsOf(op);
  if (!bounds) return undefined;
  const step = bounds.steps[entry] ?? 1;
  const clamp = (bound: number, low: number, high: number): number =>
    Math.min(high, Math.max(low, bound < 0 ? bound + size : bound));
  const start = clamp(bounds.starts[entry]!, 0, step > 0 ? size : size - 1);
  const end = clamp(bounds.ends[entry]!, step > 0 ? 0 : -1, step > 0 ? size : size - 1);
  return { start, step, length: Math.max(0, Math.ceil((end - start) / step)) };
}
