import { intsAttribute, stringAttribute, floatAttribute, withAttributes } from "../graph/node.ts";
import { pin, same, type Link } from "../solver/link.ts";
import {
  defineOp,
  type CutContext,
  type OpContext,
  type OpHandler,
  type TrainContext,
  type TrainForm,
} from "./define-op.ts";
import { scalarOf } from "./_scalar.ts";

/**
 * `data` with `pads` elements added before and after some axes; negative pads crop. Channels that are added are
 * slices of their own: a cut takes some of them, and the pads become as many as are left. Modes other than
 * `constant` copy existing slices and pin the axes they pad. Attributes before opset 11, inputs since; `axes` since
 * opset 18. Spec: ONNX Pad 1, 2, 11, 13, 18, 19, 21.
 */
export const pad: OpHandler = defineOp({
  type: "Pad",
  shapeInputs: [1, 3],
  links: (op) => {
    const [[x], [y]] = [op.in, op.out];
    if (!x || !y) return [];
    const copies = stringAttribute(op.node, "mode", "constant") !== "constant";
    return x.dims.flatMap((size, i): Link[] => {
      const [begin, end] = padsOf(op, i) ?? (size === y.dim(i) ? [0, 0] : []);
      if (begin === 0 && end === 0) return [same(x.axis(i), y.axis(i))];
      const reason = copies ? "is padded with copies of its own slices" : "is padded by amounts known only at run time";
      if (copies || begin === undefined || end === undefined) return [x, y].map((v) => pin(v.axis(i), reason));
      const [from, length] = [Math.max(0, -begin), size + Math.min(0, begin) + Math.min(0, end)];
      return [
        { kind: "segment", from: x.axis(i), fromStart: from, to: y.axis(i), toStart: Math.max(0, begin), length },
      ];
    });
  },
  // Without slices in the input, what is asked about are added slices.
  zero: ([x], op) => x !== false && (stringAttribute(op.node, "mode", "constant") !== "constant" || valueOf(op) === 0),
  cut: (op) => cutPad(op),
  // What was added goes, what was cropped comes back as zeros. Other modes become Gathers before.
  gradient: (op) => {
    const {
      in: [x],
      dy: [dy],
      g,
    } = op;
    const pads = x!.dims.map((_, i) => padsOf(op, i));
    if (!pads.every((p) => p !== undefined)) return undefined;
    return [g.pad(dy!, [...pads.map(([begin]) => -begin), ...pads.map(([, end]) => -end)])];
  },
  train: (op) => padForm(op),
});

function cutPad(op: CutContext): ReturnType<NonNullable<OpHandler["cut"]>> {
  const [[x], [y]] = [op.in, op.out];
  const pads = allPads(op);
  const axes = axesOf(op);
  if (!x || !y || !pads || !axes) return undefined;
  const left = [...pads];
  for (const [entry, axis] of axes.entries()) {
    const [from, to] = [op.kept(x.axis(axis)), op.kept(y.axis(axis))];
    if (from.whole && to.whole) continue;
    const [begin, end] = [pads[entry]!, pads[entry + axes.length]!];
    const within = (list: ArrayLike<number>, low: number, high: number): number =>
      Array.from(list).filter((i) => i >= low && i < high).length;
    left[entry] = begin > 0 ? within(to.indices, 0, begin) : -within(from.indices, 0, -begin);
    left[entry + axes.length] =
      end > 0 ? within(to.indices, to.size - end, to.size) : -within(from.indices, from.size + end, from.size);
  }
  if (left.every((p, i) => p === pads[i])) return undefined;
  const list = left.map((p) => p + 0); // −0 → 0
  if (op.opset < 11) return [withAttributes(op.node, { [attributeOf(op)]: { type: "ints", value: list } })];
  return [{ ...op.node, inputs: op.node.inputs.map((name, i) => (i === 1 ? op.int64(list) : name)) }];
}

function padForm(op: TrainContext): TrainForm | undefined {
  const {
    in: [x],
    node,
    g,
  } = op;
  const mode = stringAttribute(node, "mode", "constant");
  const pads = x?.dims.map((_, i) => padsOf(op, i));
  if (!x || !pads?.every((p) => p !== undefined)) return undefined;
  if (mode === "constant") {
    if (op.opset >= 18) return undefined;
    const value = op.opset < 11 ? g.scalar(floatAttribute(node, "value", 0)) : node.inputs[2];
    return { outputs: [g.op("Pad", [x.name, g.ints([...pads.map(([b]) => b), ...pads.map(([, e]) => e)]), value])] };
  }
  let padded = x.name;
  for (const [axis, [begin, end]] of pads.entries()) {
    if (begin === 0 && end === 0) continue;
    const indices = Array.from({ length: x.dim(axis) + begin + end }, (_, i) => copied(i - begin, x.dim(axis), mode));
    padded = g.op("Gather", [padded, g.ints(indices)], { axis });
  }
  return { outputs: [padded] };
}

/** Which index of an axis is copied to a place outside of it. */
function copied(index: number, size: number, mode: string): number {
  if (mode === "edge") return Math.min(size - 1, Math.max(0, index));
  if (mode === "wrap") return ((index % size) + size) % size;
  const period = Math.max(1, 2 * (size - 1)); // reflect
  const at = ((index % period) + period) % period;
  return at < size ? at : period - at;
}

const attributeOf = ({ opset }: OpContext): string => (opset < 2 ? "paddings" : "pads");

const allPads = (op: OpContext): readonly number[] | undefined =>
  op.opset < 11 ? intsAttribute(op.node, attributeOf(op)) : op.in[1]?.ints;

/** The axes that the pads speak of, in order; undefined where they are computed at run time. */
function axesOf({ in: [x, , , axes], node }: OpContext): number[] | undefined {
  if (!node.inputs[3]) return x?.dims.map((_, i) => i);
  return axes?.ints?.map((a) => x!.axis(a).axis);
}

/** How much is added before and after an axis; undefined where that is not known. */
function padsOf(op: OpContext, axis: number): readonly [number, number] | undefined {
  const [pads, axes] = [allPads(op), axesOf(op)];
  const entry = axes?.indexOf(axis);
  if (!pads || !axes || entry === undefined) return undefined;
  return entry < 0 ? [0, 0] : [pads[entry]!, pads[entry + axes.length]!];
}

function valueOf({ in: inputs, node, opset }: OpContext): number | undefined {
  if (opset < 11) return floatAttribute(node, "value", 0);
  return node.inputs[2] ? scalarOf(inputs[2]) : 0;
}
