import { inexact, same } from "../solver/link.ts";
import { alignedLinks } from "./_broadcast.ts";
import { MICROSOFT } from "./_microsoft.ts";
import { defineOp, type OpHandler } from "./define-op.ts";

/** The output that holds the sum which is normalised. */
const SUM = 3;

/**
 * Normalisation over the last axis of `input + skip (+ bias)`, times a scale, plus an optional shift. Inputs: input, skip,
 * gamma, beta, bias; the simplified form, without a mean, has no beta. The fourth output is the sum.
 * Spec: com.microsoft SkipLayerNormalization, SkipSimplifiedLayerNormalization 1.
 */
export const skipLayerNormalizations: readonly OpHandler[] = [
  { type: "SkipLayerNormalization", beta: true },
  { type: "SkipSimplifiedLayerNormalization", beta: false },
].map(({ type, beta }) =>
  defineOp({
    type,
    domain: MICROSOFT,
    links: ({ in: [x, ...others], out: [y, ...more] }) => {
      if (!x || !y) return [];
      return [
        ...x.dims.map((_, i) => same(x.axis(i), y.axis(i))),
        ...[...others, ...more].flatMap((v) => (v ? alignedLinks(v, y, 0) : [])),
        inexact(x.axis(-1), `is normalised over by ${type}`),
      ];
    },
    scaleInput: 2,
    // Told of no output, the rule speaks for all: the sum is zero where all that it adds up is, the rest where the scale is.
    zero: (zero, { node }) => {
      const present = (i: number): boolean => zero[i] === true || !node.inputs[i];
      const shifted = !beta || present(3);
      const added = [0, 1, beta ? 4 : 3].every(present);
      return zero[2] === true && shifted && (!node.outputs[SUM] || added);
    },
  }),
);
