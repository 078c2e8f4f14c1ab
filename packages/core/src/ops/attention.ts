import { intAttribute, withAttributes } from "../graph/node.ts";
import { factor, heads, needsZero, pin, same, type Link, type Term } from "../solver/link.ts";
import { cachesOf } from "./_cache.ts";
import { defineOp, type OpContext, type OpHandler, type Operand } from "./define-op.ts";

/**
 * `Y = softmax(scale · Q·Kᵀ + mask) · V` head by head. `Q: [N, H·R, S, D]`, `K: [N, H, T, D]`, `V: [N, H, T, E]`,
 * `Y: [N, H·R, S, E]`, or all of rank 3 with heads and features in the last axis; R heads of queries share one of H heads
 * of keys and values. `past`/`present` keys and values are `[N, H, …, D or E]`. The scale defaults to 1/√D and is made
 * explicit when D is cut. Spec: ONNX Attention 23, 24.
 */
export const attention: OpHandler = defineOp({
  type: "Attention",
  since: 23,
  shapeInputs: [6],
  links: (op) => [...attentionLinks(op)],
  appends: cachesOf([4, 1, 1], [5, 2, 2]),
  // What Y holds of a slice are values, what the present keys hold are keys.
  zero: ([, k, v]) => k !== false && v !== false && (k ?? v) === true,
  cut: (op) => {
    const { in: inputs, node, keptFactor } = op;
    const [q] = inputs;
    if (!q) return undefined;
    const features = keptFactor("features");
    const [groups, repeats] = [keptFactor("heads").count, keptFactor("repeats").count];
    const attributes =
      q.rank === 3
        ? {
            q_num_heads: { type: "int", value: groups * repeats } as const,
            kv_num_heads: { type: "int", value: groups } as const,
          }
        : {};
    const scaled = !features.whole && !node.attributes["scale"];
    const scale = { scale: { type: "float", value: 1 / Math.sqrt(features.size) } as const };
    return [withAttributes(node, { ...attributes, ...(scaled ? scale : {}) })];
  },
  macs: ({ in: [q, k, v, , past], out: [y] }) => {
    if (!q || !k || !v || !y) return 0;
    // S·T·D for the scores and S·T·E for the mix, of every head.
    const keys = k.at(-2)! + (past?.at(-2) ?? 0);
    const size = (dims: readonly number[]): number => dims.reduce((a, b) => a * b, 1);
    return keys * (size(q) + size(y));
  },
});

/** The factors of an operand's axes: heads, repeats (of queries) and features. */
function termsOf(v: Operand, outer: readonly Term[], features: Term): Link[] {
  if (v.rank === 4) {
    return [
      { kind: "equal", left: outer, right: [v.axis(1)] },
      { kind: "equal", left: [features], right: [v.axis(3)] },
    ];
  }
  return [{ kind: "equal", left: [...outer, features], right: [v.axis(2)] }];
}

function* attentionLinks({ in: inputs, out: outputs, node }: OpContext): Generator<Link> {
  const [q, k, v, mask, pastKey, pastValue] = inputs;
  const [y, presentKey, presentValue, scores] = outputs;
  if (!q || !k || !v || !y) return;
  const count = k.rank === 4 ? k.dim(1) : intAttribute(node, "kv_num_heads", 1);
  const queries = q.rank === 4 ? q.dim(1) : intAttribute(node, "q_num_heads", 1);
  const h = factor("heads", count);
  const r = factor("repeats", queries / count);
  const width = (x: Operand): number => (x.rank === 4 ? x.dim(3) : x.dim(2) / count);
  const [d, e] = [factor("features", width(k)), factor("values", width(v))];
  yield* termsOf(q, [h, r], d);
  yield* termsOf(k, [h], d);
  yield* termsOf(v, [h], e);
  yield* termsOf(y, [h, r], e);
  for (const cache of [pastKey, presentKey]) if (cache) yield* termsOf(cache, [h], d);
  for (const cache of [pastValue, presentValue]) if (cache) yield* termsOf(cache, [h], e);
  for (const x of [k, v, y, pastKey, pastValue, presentKey, presentValue]) if (x) yield same(q.axis(0), x.axis(0));
  for (const x of [mask, scores]) {
    if (!x) continue;
    if (x.rank === 4 && x.dim(0) !== 1) yield same(x.axis(0), q.axis(0));
    if (x.rank >= 3 && x.dim(-3) !== 1) yield { kind: "equal", left: [h, r], right: [x.axis(-3)] };
    for (const axis of [-1, -2]) if (x.rank >= 2) yield pin(x.axis(axis), "is a sequence of Attention");
  }
  for (const x of [q, k, v, y, pastKey, pastValue, presentKey, presentValue])
    if (x) yield pin(x.axis(-2), "is a sequence of Attention");
  yield heads(h);
  yield heads(r);
  const last = (x: Operand): ReturnType<Operand["axis"]> => x.axis(x.rank - 1);
  yield needsZero([last(q), last(k)], "is summed over by Attention");
}
