import { floatAttribute, intsAttribute, stringAttribute } from "../graph/node.ts";
import { toNumbers } from "../graph/tensor.ts";
import { pin, same, type Link } from "../solver/link.ts";
import { allZero } from "./_broadcast.ts";
import { defineOp, type OpContext, type OpHandler, type Operand } from "./define-op.ts";
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
    zero: ([x], { node }) => allZero([x]) && floatAttribute(node, "extrapolation_value", 0) === 0,
    ...(withRoi && { cut: (op) => op.in[0] && withScaledShape(op, 3, (entry) => axesOf(op, op.in[0]!)[entry]!) }),
  });
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
