import { inexact, pin, same, type Link } from "../solver/link.ts";
import { MICROSOFT } from "./_microsoft.ts";
import { defineOp, type OpHandler } from "./define-op.ts";

/**
 * Normalisation over the last axis of the sum of word, position and segment embeddings, times gamma, plus beta. Ids:
 * `[N, S]`, embeddings `[…, H]`, Y and the sum that is its third output `[N, S, H]`. Spec: com.microsoft EmbedLayerNormalization 1.
 */
export const embedLayerNormalization: OpHandler = defineOp({
  type: "EmbedLayerNormalization",
  domain: MICROSOFT,
  shapeInputs: [0, 1, 7, 8],
  links: ({ in: inputs, out: [y, , sum] }) => {
    if (!y) return [];
    const tables = inputs.slice(2, 5).flatMap((t) => t ?? []);
    const vectors = inputs.slice(5, 7).flatMap((v) => v ?? []);
    return [
      ...tables.flatMap((t): Link[] => [same(t.axis(1), y.axis(2)), pin(t.axis(0), "is looked up by id")]),
      ...vectors.map((v) => same(v.axis(0), y.axis(2))),
      ...(sum ? sum.dims.map((_, i) => same(sum.axis(i), y.axis(i))) : []),
      inexact(y.axis(2), "is normalised over by EmbedLayerNormalization"),
    ];
  },
  scaleInput: 5,
  zero: (zero, { node }) => zero[5] === true && zero[6] === true && !node.outputs[2],
});
