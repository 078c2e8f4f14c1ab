import { floatAttribute, intsAttribute, stringAttribute } from "../graph/node.ts";
import { sizeOf, toNumbers } from "../graph/tensor.ts";
import { pin, same, type Link } from "../solver/link.ts";
import { allZero } from "./_broadcast.ts";
import {
  defineOp,
  type GradientContext,
  type OpContext,
  type OpHandler,
  type Operand,
  type TrainContext,
  type TrainForm,
} from "./define-op.ts";
import { withScaledShape } from "./_shape-operand.ts";

/**
 * `X` scaled along some axes, by factors (`scales`) or to sizes (`sizes`); `roi` crops first in one mode. Axes that
 * keep their size pass through. Since opset 18 `axes` says which axes the operands speak of.
 * Spec: ONNX Resize 10, 11, 13, 18, 19, and the deprecated Upsample 7, 9.
 */
export const resizes: readonly OpHandler[] = [
  resizeOf("Upsample", 7, ({ node }) => floatsOf(node.attributes.scales)),
  resizeOf("Upsample", 9, ({ in: [, scales] }) => constantOf(scales)),
  resizeOf("Resize", 10, ({ in: [, scales] }) => constantOf(scales)),
  resizeOf("Resize", 11, ({ in: [, , scales] }) => constantOf(scales)),
];

function resizeOf(type: string, since: number, scalesOf: (op: OpContext) => readonly number[] | undefined): OpHandler {
  const withRoi = since === 11;
  return defineOp({
    type,
    since,
    shapeInputs: withRoi ? [1, 2, 3] : [1],
    links: (op) => {
      const [[x], [y]] = [op.in, op.out];
      if (!x || !y) return [];
      const [axes, scales, sizes] = [axesOf(op, x), scalesOf(op), withRoi ? op.in[3] : undefined];
      return x.dims.flatMap((size, i): Link[] => {
        const entry = axes.indexOf(i);
        // Factors known only at run time: no exporter scales the batch or the channels.
        const factor = scales?.length ? scales[entry] : sizes || i < 2 ? y.dim(i) / size : undefined;
        const untouched =
          entry < 0 || (y.dim(i) === size && factor === 1 && !(withRoi && crops(op, entry, axes.length)));
        return untouched ? [same(x.axis(i), y.axis(i))] : [x, y].map((v) => pin(v.axis(i), `is scaled by ${type}`));
      });
    },
    gradient: (op) => resizeGradient(op, scalesOf(op)),
    train: (op) => resizeForm(op, scalesOf(op)),
    zero: ([x], { node }) => allZero([x]) && floatAttribute(node, "extrapolation_value", 0) === 0,
    ...(withRoi && { cut: (op) => op.in[0] && withScaledShape(op, 3, (entry) => axesOf(op, op.in[0]!)[entry]!) }),
  });
}

/** The one form since opset 11: older ones take the pixel at or before a place that starts with the image. */
function resizeForm(
  { node, in: [x, scales], g }: TrainContext,
  factors: readonly number[] | undefined,
): TrainForm | undefined {
  if (!x || (node.opType === "Resize" && node.inputs.length > 2)) return undefined;
  const mode = stringAttribute(node, "mode", "nearest");
  const old = { coordinate_transformation_mode: "asymmetric", nearest_mode: "floor", mode };
  return { outputs: [g.op("Resize", [x.name, undefined, factors ? g.floats(factors) : scales?.name], old)] };
}

/**
 * Scaling is linear and works axis by axis, so its gradient is a product with a matrix per axis. The matrix is what the
 * same operator makes of the unit vectors: no formula of ours could disagree with it.
 */
function resizeGradient(op: GradientContext, factors: readonly number[] | undefined): (string | undefined)[] {
  const {
    node,
    in: [x, roi],
    out: [y],
    g,
  } = op;
  const { axes: _, keep_aspect_ratio_policy: __, ...attributes } = node.attributes;
  const bounds = constantOf(roi);
  const spoken = axesOf(op, x!);
  let dy = op.dy[0]!;
  const dims = [...y!.dims];
  for (const [axis, size] of x!.dims.entries()) {
    const entry = spoken.indexOf(axis);
    const scaled = y!.dim(axis);
    if (entry < 0 || (size === scaled && !crops(op, entry, spoken.length))) continue;
    const unit = g.op("EyeLike", [g.zeros([size, size])]);
    const region = bounds?.length ? g.floats([0, 0, bounds[entry]!, 0, 1, 1, bounds[entry + spoken.length]!, 1]) : undefined; // prettier-ignore
    const target = factors?.length ? [g.floats([1, 1, factors[entry]!, 1])] : [undefined, g.ints([size, 1, scaled, 1])];
    const resized = g.op("Resize", [g.reshape(unit, [size, 1, size, 1]), region, ...target], attributes);
    const matrix = g.reshape(resized, [size, scaled]);
    const [before, after] = [sizeOf(dims.slice(0, axis)), sizeOf(dims.slice(axis + 1))];
    dims[axis] = size;
    const product =
      after === 1
        ? g.op("Gemm", [g.reshape(dy, [before, scaled]), matrix], { transB: 1 })
        : g.matMul(matrix, g.reshape(dy, [before, scaled, after]));
    dy = g.reshape(product, dims);
  }
  return [dy];
}

/** The axes that the operands speak of, in order. */
const axesOf = ({ node }: OpContext, x: Operand): number[] =>
  intsAttribute(node, "axes")?.map((a) => x.axis(a).axis) ?? x.dims.map((_, i) => i);

/** Whether an axis is, or may be, cropped before it is scaled. */
function crops({ in: [, roi], node }: OpContext, entry: number, entries: number): boolean {
  if (stringAttribute(node, "coordinate_transformation_mode", "half_pixel") !== "tf_crop_and_resize") return false;
  const bounds = constantOf(roi);
  return bounds?.[entry] !== 0 || bounds[entry + entries] !== 1;
}

const constantOf = (operand: Operand | undefined): readonly number[] | undefined =>
  operand?.tensor && toNumbers(operand.tensor);

const floatsOf = (attribute: OpContext["node"]["attributes"][string] | undefined): readonly number[] | undefined =>
  attribute?.type === "floats" ? attribute.value : undefined;
