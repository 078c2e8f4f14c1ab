import {
  floatAttribute,
  intAttribute,
  intsAttribute,
  withAttributes,
  type Attribute,
  type Node,
} from "../graph/node.ts";
import { sizeOf } from "../graph/tensor.ts";
import { factor, feature, heads, merge, needsZero, pin, same, type Factor, type Link } from "../solver/link.ts";
import { cachesOf } from "./_cache.ts";
import { MICROSOFT } from "./_microsoft.ts";
import { pinAll } from "./_pin-all.ts";
import { defineOp, type CutContext, type OpHandler, type Operand } from "./define-op.ts";

/** Heads along an axis of a mask or of scores, where there is one per head. */
const perHead = (v: Operand | undefined, head: readonly Factor[]): Link[] =>
  v && v.rank === 4 && v.dim(1) !== 1 ? [merge(head, v.axis(1))] : [];

/** Keys or values of earlier steps: the last axes are heads, steps, features. */
const cached = (v: Operand | undefined, head: Factor, features: Factor): Link[] =>
  v ? [same(head, v.axis(-3)), same(features, v.axis(-1))] : [];

/** The number of heads, and the scale as it was where features of heads went. */
function headsCut({ node, keptFactor }: CutContext, more: Record<string, Attribute> = {}): Node[] {
  const features = keptFactor("features");
  const isDefault = floatAttribute(node, "scale", 0) === 0;
  const scale = { scale: { type: "float", value: 1 / Math.sqrt(features.size) } as const };
  const attributes = { num_heads: { type: "int", value: keptFactor("heads").count } as const, ...more };
  return [withAttributes(node, { ...attributes, ...(!features.whole && isDefault ? scale : {}) })];
}

/**
 * Attention with the projections of queries, keys and values inside: `X: [N, S, C]`, `W: [C, 3·H·D]`, `B: [3·H·D]`,
 * `Y: [N, S, H·D]`, past and present `[2, N, H, T, D]`. Heads of the three go together. Where values are wider than keys,
 * or positions are turned inside, all stays whole. Spec: com.microsoft Attention 1.
 */
export const microsoftAttention: OpHandler = defineOp({
  type: "Attention",
  domain: MICROSOFT,
  shapeInputs: [3, 6],
  appends: cachesOf([4, 1, 0]),
  links: (op) => {
    const { in: [x, w, b, , past, bias], out: [y, present], node } = op; // prettier-ignore
    if (!x || !w || !y) return [];
    if (new Set(intsAttribute(node, "qkv_hidden_sizes")).size > 1 || intAttribute(node, "do_rotary", 0))
      return pinAll(op, "is read by an Attention of unequal widths or with positions");
    const [three, h] = [factor("three", 3), factor("heads", intAttribute(node, "num_heads", 1))];
    const d = factor("features", w.dim(1) / 3 / h.size);
    return [
      same(x.axis(0), y.axis(0)),
      same(x.axis(1), y.axis(1)),
      same(x.axis(2), w.axis(0)),
      merge([three, h, d], w.axis(1)),
      ...(b ? [same(b.axis(0), w.axis(1))] : []),
      merge([h, d], y.axis(2)),
      ...cached(past, h, d),
      ...cached(present, h, d),
      ...perHead(bias, [h]),
      pin(three, "counts queries, keys and values"),
      heads(h),
      ...(w.isWeight
        ? [feature(w.axis(0), "input"), feature(w.axis(1))]
        : [needsZero([x.axis(2), w.axis(0)], "is summed over by Attention")]),
      needsZero([w.axis(1)], "is summed over by Attention"),
    ];
  },
  zero: (zero, { node }) => zero[1] === true && (zero[2] === true || !node.inputs[2]) && !node.inputs[4],
  cut: (op) => {
    const width = op.keptFactor("heads").count * op.keptFactor("features").count;
    const sizes = { qkv_hidden_sizes: { type: "ints", value: [width, width, width] } as const };
    return headsCut(op, op.node.attributes["qkv_hidden_sizes"] ? sizes : {});
  },
  macs: ({ in: [x, w, , , past], out: [y] }) => {
    if (!x || !w || !y) return 0;
    const keys = x[1]! + (past?.at(-2) ?? 0);
    return sizeOf(x) * w[1]! + 2 * keys * sizeOf(y);
  },
});

/**
 * Attention of projected queries, keys and values `[N, S, H·D]`, with a bias for all three one after another. Packed and
 * four-axis forms stay whole. Spec: com.microsoft MultiHeadAttention 1.
 */
export const multiHeadAttention: OpHandler = defineOp({
  type: "MultiHeadAttention",
  domain: MICROSOFT,
  shapeInputs: [4, 8],
  appends: cachesOf([6, 1, 1], [7, 2, 2]),
  links: (op) => {
    const { in: [q, k, v, b, , bias, pastKey, pastValue], out: [y, presentKey, presentValue, scores], node } = op; // prettier-ignore
    const plain = [q, k, v, y].every((x) => x?.rank === 3);
    if (!q || !k || !v || !y || !plain || op.in.slice(8).some(Boolean) || (b && q.dim(2) !== v.dim(2)))
      return pinAll(op, "is read by a MultiHeadAttention in a packed form");
    const h = factor("heads", intAttribute(node, "num_heads", 1));
    const d = factor("features", q.dim(2) / h.size);
    const e = b ? d : factor("values", v.dim(2) / h.size);
    const three = factor("three", 3);
    return [
      merge([h, d], q.axis(2)),
      merge([h, d], k.axis(2)),
      merge([h, e], v.axis(2)),
      merge([h, e], y.axis(2)),
      ...[k, v, y].map((x) => same(q.axis(0), x.axis(0))),
      ...[q, k, v, y].map((x) => pin(x.axis(1), "is a sequence of MultiHeadAttention")),
      ...(b ? [merge([three, h, d], b.axis(0)), pin(three, "counts queries, keys and values")] : []),
      ...[pastKey, presentKey].flatMap((x) => cached(x, h, d)),
      ...[pastValue, presentValue].flatMap((x) => cached(x, h, e)),
      ...[bias, scores].flatMap((x) => perHead(x, [h])),
      heads(h),
      needsZero([q.axis(2), k.axis(2)], "is summed over by MultiHeadAttention"),
    ];
  },
  zero: ([, k, v, b], { node }) => k !== false && v !== false && (k ?? v) === true && (b === true || !node.inputs[3]),
  cut: (op) => headsCut(op),
  macs: ({ in: [q, k, , , , , past], out: [y] }) =>
    q && k && y ? (k.at(-2)! + (past?.at(-2) ?? 0)) * (sizeOf(q) + sizeOf(y)) : 0,
});

/**
 * Attention in which groups of queries share keys and values: queries and Y `[N, S, H·R·D]`, keys and values `[N, S, H·D]`,
 * past and present `[N, H, T, D]`. Whole heads can go; what is in a head stays, as its positions may be turned inside.
 * Packed forms stay whole. Spec: com.microsoft GroupQueryAttention 1.
 */
export const groupQueryAttention: OpHandler = defineOp({
  type: "GroupQueryAttention",
  domain: MICROSOFT,
  shapeInputs: [5, 6, 9],
  appends: cachesOf([3, 1, 1], [4, 2, 2]),
  links: (op) => {
    const { in: [q, k, v, pastKey, pastValue], out: [y, presentKey, presentValue], node } = op; // prettier-ignore
    if (!q || !k || !v || !y) return pinAll(op, "is read by a GroupQueryAttention in a packed form");
    const h = factor("heads", intAttribute(node, "kv_num_heads", 1));
    const r = factor("repeats", intAttribute(node, "num_heads", 1) / h.size);
    const d = factor("features", k.dim(2) / h.size);
    const sink = op.in[11];
    return [
      ...[q, y].map((x) => merge([h, r, d], x.axis(2))),
      ...[k, v].map((x) => merge([h, d], x.axis(2))),
      ...[k, v, y].map((x) => same(q.axis(0), x.axis(0))),
      ...[q, k, v, y].map((x) => pin(x.axis(1), "is a sequence of GroupQueryAttention")),
      ...[pastKey, pastValue, presentKey, presentValue].flatMap((x) => cached(x, h, d)),
      ...perHead(op.in[10], [h, r]),
      ...(sink ? [merge([h, r], sink.axis(0))] : []),
      heads(h),
      heads(r),
      pin(d, "counts the features of a head of GroupQueryAttention"),
    ];
  },
  zero: ([, k, v]) => k !== false && v !== false && (k ?? v) === true,
  cut: ({ node, keptFactor }) => {
    const [groups, repeats] = [keptFactor("heads").count, keptFactor("repeats").count];
    return [
      withAttributes(node, {
        num_heads: { type: "int", value: groups * repeats },
        kv_num_heads: { type: "int", value: groups },
      }),
    ];
  },
  macs: ({ in: [q, k, , past], out: [y] }) =>
    q && k && y ? (k.at(-2)! + (past?.at(-2) ?? 0)) * (sizeOf(q) + sizeOf(y)) : 0,
});
