import { intAttribute, withAttributes } from "../graph/node.ts";
import { blocks, factor, inexact, map, merge, same, type AxisRef, type Link, type Term } from "../solver/link.ts";
import { blocksOf } from "./_blocks.ts";
import { defineOp, type CutContext, type OpContext, type OpHandler } from "./define-op.ts";

/**
 * Normalisation over `num_groups` blocks of channels and all spatial axes, then `scale · … + bias`. `X, Y: [N, C, …]`.
 * Whole blocks can go exactly; channels of a block are mixed. Scale and bias have one number per block in opset 18 and
 * one per channel since 21. Spec: ONNX GroupNormalization 18, 21.
 */
export const groupNormalization18: OpHandler = defineOp({
  type: "GroupNormalization",
  since: 18,
  links: (op) => links(op, factor("group", groups(op))),
  looseLinks: (op, torn) => looseLinks(op, factor("group", groups(op)), torn),
  zero: ([, scale, bias]) => scale === true && bias === true,
  cut,
});

/** @see groupNormalization18 */
export const groupNormalization21: OpHandler = defineOp({
  ...groupNormalization18,
  since: 21,
  links: (op) => links(op, op.in[0]?.axis(1)),
  looseLinks: (op, torn) => looseLinks(op, op.in[0]?.axis(1), torn),
});

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
