import { floatAttribute, intAttribute, withAttributes } from "../graph/node.ts";
import { blocks, factor, inexact, merge, same, type Link } from "../solver/link.ts";
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

function links(op: OpContext, parameterAxis: Parameters<typeof same>[0] | undefined): Link[] {
  const {
    in: [x, scale, bias],
    out: [y],
  } = op;
  if (!x || !scale || !bias || !y || !parameterAxis) return [];
  const reason = "is normalised over by GroupNormalization";
  const group = factor("group", groups(op));
  const inner = factor("inner", x.dim(1) / groups(op));
  return [
    ...x.dims.map((_, i) => same(x.axis(i), y.axis(i))),
    merge([group, inner], x.axis(1)),
    same(scale.axis(0), parameterAxis),
    same(bias.axis(0), parameterAxis),
    ...(group.size > 1 ? [blocks(group)] : []),
    ...(inner.size > 1 ? [inexact(inner, reason)] : []),
    ...x.dims.slice(2).map((_, i) => inexact(x.axis(i + 2), reason)),
  ];
}

function cut({ node, keptFactor }: CutContext): ReturnType<NonNullable<OpHandler["cut"]>> {
  const left = keptFactor("group");
  return left.whole ? undefined : [withAttributes(node, { num_groups: { type: "int", value: left.count } })];
}
