import { range } from "../translate/graph-builder.ts";
import type { OpRule, OpRules } from "./define-op.ts";
import { boolAttr, intAttr, intsAttr, textAttr } from "./node-def.ts";

/** An end beyond any size. */
const TO_THE_END = 2 ** 31 - 1;

const strided: OpRule = ({ b, node, inputs, numbers }) => {
  const [begin, end, strides] = [numbers(1), numbers(2), numbers(3)];
  if (!begin || !end || !strides || intAttr(node, "ellipsis_mask", 0) !== 0) return undefined;
  const has = (key: string, i: number): boolean => ((intAttr(node, key, 0) >> i) & 1) === 1;
  // The entries speak of the axes in turn, but those that make a new axis of none.
  let axis = 0;
  const [starts, ends, axes, steps, removed, added]: number[][] = [[], [], [], [], [], []];
  let outAxis = 0;
  for (const i of begin.keys()) {
    if (has("new_axis_mask", i)) {
      added!.push(outAxis++);
      continue;
    }
    const step = strides[i]!;
    axes!.push(axis);
    if (has("shrink_axis_mask", i)) {
      starts!.push(begin[i]!);
      ends!.push(begin[i] === -1 ? TO_THE_END : begin[i]! + 1);
      steps!.push(1);
      removed!.push(axis);
    } else {
      starts!.push(has("begin_mask", i) ? (step > 0 ? 0 : TO_THE_END) : begin[i]!);
      ends!.push(has("end_mask", i) ? (step > 0 ? TO_THE_END : -TO_THE_END) : end[i]!);
      steps!.push(step);
      outAxis++;
    }
    axis++;
  }
  let y = b.op("Slice", [inputs[0]!, b.ints(starts!), b.ints(ends!), b.ints(axes!), b.ints(steps!)]);
  if (removed!.length) y = b.op("Squeeze", [y, b.ints(removed!)]);
  return added!.length ? b.op("Unsqueeze", [y, b.ints(added!)]) : y;
};

const slice: OpRule = ({ b, inputs, numbers }) => {
  const [begin, size] = [numbers(1), numbers(2)];
  if (!begin || !size) return undefined;
  const ends = begin.map((start, i) => (size[i] === -1 ? TO_THE_END : start + size[i]!));
  return b.op("Slice", [inputs[0]!, b.ints(begin), b.ints(ends), b.ints(range(begin.length))]);
};

const concat: OpRule = ({ b, inputs, numbers }) => {
  const axis = numbers(inputs.length - 1)?.[0];
  return axis === undefined ? undefined : b.op("Concat", inputs.slice(0, -1), { axis });
};

const split: OpRule = ({ b, node, inputs, numbers }) => {
  const axis = numbers(0)?.[0];
  const count = intAttr(node, "num_split", 1);
  return axis === undefined ? undefined : b.ops("Split", [inputs[1]!], { axis, num_outputs: count }, count);
};

const splitV: OpRule = ({ b, inputs, numbers }) => {
  const [sizes, axis] = [numbers(1), numbers(2)?.[0]];
  if (!sizes || axis === undefined || sizes.includes(-1)) return undefined;
  return b.ops("Split", [inputs[0]!, b.ints(sizes)], { axis }, sizes.length);
};

const pack: OpRule = ({ b, node, inputs }) => {
  const axis = intAttr(node, "axis", 0);
  const parts = inputs.map((x) => b.op("Unsqueeze", [x, b.ints([axis])]));
  return b.op("Concat", parts, { axis });
};

const unpack: OpRule = ({ b, node, inputs }) => {
  const [axis, count] = [intAttr(node, "axis", 0), intAttr(node, "num", 1)];
  const parts = b.ops("Split", [inputs[0]!], { axis, num_outputs: count }, count);
  return parts.map((part) => b.op("Squeeze", [part, b.ints([axis])]));
};

const squeeze: OpRule = ({ b, node, inputs }) => {
  const axes = intsAttr(node, "squeeze_dims");
  return b.op("Squeeze", [inputs[0]!, ...(axes.length ? [b.ints(axes)] : [])]);
};

const expandDims: OpRule = ({ b, inputs, numbers }) => {
  const axis = numbers(1)?.[0];
  return axis === undefined ? undefined : b.op("Unsqueeze", [inputs[0]!, b.ints([axis])]);
};

/** A shape that is a constant is one of ONNX's; one that is computed goes in as it is. */
const shapeOperand = ({ b, inputs, numbers }: Parameters<OpRule>[0], input: number): string => {
  const known = numbers(input);
  return known ? b.ints(known) : inputs[input]!;
};

const reshape: OpRule = (l) => {
  const known = l.numbers(1);
  // Zero is a size in TensorFlow; in ONNX it stands for the size before.
  if (known?.includes(0)) return undefined;
  return l.b.op("Reshape", [l.inputs[0]!, shapeOperand(l, 1)]);
};

const transpose: OpRule = ({ b, inputs, numbers }) => {
  const perm = numbers(1);
  return perm ? b.op("Transpose", [inputs[0]!], { perm }) : undefined;
};

/** Paddings `[[before, after], …]` as ONNX has them: all before, and then all after. */
const padding = ({ b, numbers }: Parameters<OpRule>[0]): string | undefined => {
  const sizes = numbers(1);
  if (!sizes) return undefined;
  return b.ints([...sizes.filter((_, i) => i % 2 === 0), ...sizes.filter((_, i) => i % 2 === 1)]);
};

const pad: OpRule = (l) => {
  const pads = padding(l);
  if (pads === undefined) return undefined;
  const value = l.inputs[2];
  return l.b.op("Pad", [l.inputs[0]!, pads, ...(value === undefined ? [] : [value])], { mode: "constant" });
};

const mirrorPad: OpRule = (l) => {
  const pads = padding(l);
  if (pads === undefined || textAttr(l.node, "mode", "REFLECT") !== "REFLECT") return undefined;
  return l.b.op("Pad", [l.inputs[0]!, pads], { mode: "reflect" });
};

const gather: OpRule = ({ b, node, inputs, numbers }) => {
  const axis = node.op === "Gather" ? 0 : numbers(2)?.[0];
  if (axis === undefined || intAttr(node, "batch_dims", 0) !== 0) return undefined;
  return b.op("Gather", inputs.slice(0, 2), { axis });
};

const fill: OpRule = (l) => l.b.op("Expand", [l.inputs[1]!, shapeOperand(l, 0)]);

const tile: OpRule = (l) => l.b.op("Tile", [l.inputs[0]!, shapeOperand(l, 1)]);

const broadcastTo: OpRule = (l) => l.b.op("Expand", [l.inputs[0]!, shapeOperand(l, 1)]);

const arg =
  (type: "ArgMax" | "ArgMin"): OpRule =>
  ({ b, inputs, numbers }) => {
    const axis = numbers(1)?.[0];
    return axis === undefined ? undefined : b.op(type, [inputs[0]!], { axis, keepdims: 0 });
  };

const topK: OpRule = ({ b, inputs, numbers }) => {
  const k = numbers(1)?.[0];
  return k === undefined ? undefined : b.ops("TopK", [inputs[0]!, b.ints([k])], { axis: -1 }, 2);
};

const reduce =
  (type: string): OpRule =>
  ({ b, node, inputs, numbers }) => {
    const axes = numbers(1);
    if (!axes) return undefined;
    const keepdims = boolAttr(node, "keep_dims") || boolAttr(node, "keepDims") ? 1 : 0;
    if (!axes.length) return b.op("Identity", [inputs[0]!]);
    return b.op(type, [inputs[0]!, b.ints(axes)], { keepdims });
  };

const cumSum: OpRule = ({ b, node, inputs, numbers }) => {
  const axis = numbers(1)?.[0];
  if (axis === undefined) return undefined;
  const flag = (key: string): number => (boolAttr(node, key) ? 1 : 0);
  return b.op("CumSum", [inputs[0]!, b.ints([axis], [])], { exclusive: flag("exclusive"), reverse: flag("reverse") });
};

export const shapes: OpRules = {
  StridedSlice: strided,
  Slice: slice,
  Concat: ({ b, inputs, numbers }) => {
    const axis = numbers(0)?.[0];
    return axis === undefined ? undefined : b.op("Concat", inputs.slice(1), { axis });
  },
  ConcatV2: concat,
  Split: split,
  SplitV: splitV,
  Pack: pack,
  Unpack: unpack,
  Squeeze: squeeze,
  ExpandDims: expandDims,
  Reshape: reshape,
  Transpose: transpose,
  Pad: pad,
  PadV2: pad,
  MirrorPad: mirrorPad,
  Gather: gather,
  GatherV2: gather,
  GatherNd: ({ b, inputs }) => b.op("GatherND", inputs),
  Shape: ({ b, inputs }) => b.op("Shape", inputs),
  Size: ({ b, inputs }) => b.op("Size", inputs),
  Fill: fill,
  Tile: tile,
  BroadcastTo: broadcastTo,
  ArgMax: arg("ArgMax"),
  ArgMin: arg("ArgMin"),
  TopKV2: topK,
  Softmax: ({ b, inputs }) => b.op("Softmax", inputs, { axis: -1 }),
  LogSoftmax: ({ b, inputs }) => b.op("LogSoftmax", inputs, { axis: -1 }),
  Mean: reduce("ReduceMean"),
  Sum: reduce("ReduceSum"),
  Max: reduce("ReduceMax"),
  Min: reduce("ReduceMin"),
  Prod: reduce("ReduceProd"),
  Cumsum: cumSum,
  Range: ({ b, inputs }) => b.op("Range", inputs),
};
