import { floatAttribute, intAttribute, withAttributes } from "../graph/node.ts";
import { blocks, factor, inexact, map, merge, same, type AxisRef, type Link, type Term } from "../solver/link.ts";
import { blocksOf } from "./_blocks.ts";
import { normalized } from "./_normalization-forms.ts";
import {
  defineOp,
  type CutContext,
  type OpContext,
  type OpHandler,
  type TrainContext,
  type TrainForm,
} from "./define-op.ts";

/**
 * Normalisation over `num_groups` blocks of channels and all spatial axes, then `scale · … + bias`. `X, Y: [N, C, …]`.
 * Whole blocks can go exactly; channels of a block are mixed. Scale and bias have one number per block in opset 18 and
 * one per channel since 21. Spec: ONNX GroupNormalization 18, 21.
 */
export const groupNormalization18: OpHandler = defineOp({
  type: "GroupNormalization",
  since: 18,
  links: (op) => links(op, factor("group", groups(op))),
  scaleInput: 1,
  looseLinks: (op, torn) => looseLinks(op, factor("group", groups(op)), torn),
  zero: ([, scale, bias]) => scale === true && bias === true,
  train: (op) => form(op, groups(op)),
  cut,
});

/** @see groupNormalization18 */
export const groupNormalization21: OpHandler = defineOp({
  ...groupNormalization18,
  since: 21,
  links: (op) => links(op, op.in[0]?.axis(1)),
  train: (op) => form(op, op.in[0]?.dim(1) ?? 0),
  looseLinks: (op, torn) => looseLinks(op, op.in[0]?.axis(1), torn),
});

/** @param parameters how many scales and biases there are: one per block or one per channel */
function form(op: TrainContext, parameters: number): TrainForm | undefined {
  const {
    in: [x, scale, bias],
    node,
    g,
  } = op;
  if (!x || !scale || !bias) return undefined;
  const blocked = g.reshape(x.name, [x.dim(0), groups(op), -1]);
  const { value } = normalized(g, blocked, [2], floatAttribute(node, "epsilon", 1e-5));
  const rows = g.reshape(value, [x.dim(0), parameters, -1]);
  const wide = (v: string): string => g.reshape(v, [parameters, 1]);
  return { outputs: [g.reshape(g.add(g.mul(rows, wide(scale.name)), wide(bias.name)), x.dims)] };
}

const groups = ({ node }: OpContext): number => intAttribute(node, "num_groups", 1);

const reason = "is normalised over by GroupNormalization";

function links(op: OpContext, parameterAxis: Term | undefined): Link[] {
  const [x] = op.in;
  if (!x) return [];
  const group = factor("group", groups(op));
  const inner = factor("inner", x.dim(1) / groups(op));
  return [
    ...commonLinks(op, parameterAxis),
    merge([group, inner], x.axis(1)),
    ...(group.size > 1 ? [blocks(group)] : []),
    ...(inner.size > 1 ? [inexact(inner, reason)] : []),
  ];
}

/** Whole blocks alone. */
function looseLinks(
  op: OpContext,
  parameterAxis: Term | undefined,
  torn: (axis: AxisRef) => boolean,
): Link[] | undefined {
  const [x] = op.in;
  if (!x || !torn(x.axis(1))) return undefined;
  const group = factor("group", groups(op));
  return [...commonLinks(op, parameterAxis), map(group, x.axis(1), blocksOf(x.dim(1), group.size))];
}

function commonLinks({ in: [x, scale, bias], out: [y] }: OpContext, parameterAxis: Term | undefined): Link[] {
  if (!x || !scale || !bias || !y || !parameterAxis) return [];
  return [
    ...x.dims.map((_, i) => same(x.axis(i), y.axis(i))),
    same(scale.axis(0), parameterAxis),
    same(bias.axis(0), parameterAxis),
    ...x.dims.slice(2).map((_, i) => inexact(x.axis(i + 2), reason)),
  ];
}

function cut({ node, keptFactor }: CutContext): ReturnType<NonNullable<OpHandler["cut"]>> {
  const left = keptFactor("group");
  return left.whole ? undefined : [withAttributes(node, { num_groups: { type: "int", value: left.count } })];
}
