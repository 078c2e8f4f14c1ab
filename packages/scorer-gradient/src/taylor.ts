import { errorBadOption, sumsOver, type Scorer } from "@prune/core";
import { perGate } from "./per-gate.ts";
import { perWeight, withGradient } from "./per-weight.ts";

export interface TaylorOptions {
  /** What is taken away in the expansion: every weight (default), a gate on a unit's incoming weights, or its activations. */
  readonly on?: "weights" | "gate" | "activations";
}

/**
 * First-order Taylor expansion of the loss around the network without what is removed; `g = dL/dw` is the mean over the
 * calibration set.
 *
 * - on weights: `S_w = (g_w · w)²`; of a unit `Σ (g_w · w)²` over all weights that would leave with it. Molchanov et al.
 *   2019, "Importance Estimation for Neural Network Pruning", arXiv:1906.10771, eq. 8 and 9;
 * - on a gate: `S_u = (Σ g_w · w)²` over a unit's incoming weights in a layer, summed over layers that make it: what a
 *   factor on them all would do. Ibid., eq. 10. Not for single weights;
 * - on activations: `S_u = E_n |Σ a · dL/da|` over all of a unit's activations in sample n, where layers read them.
 *   Molchanov et al. 2017, "Pruning Convolutional Neural Networks for Resource Efficient Inference", arXiv:1611.06440,
 *   eq. 8 (their mean over positions and norm over a layer are `normalize: "root-sum-square"`). Of attention heads, read by
 *   the output projection, it is `E |dL/dξ_h|` of a head mask ξ: Michel et al. 2019, "Are Sixteen Heads Really Better than
 *   One?", arXiv:1905.10650, eq. 3. Not for single weights.
 *
 * @returns importances, in units of the loss (squared but for activations) and at least 0; higher means keep
 * @throws {PruneError} `bad-option`
 */
export function taylor({ on = "weights" }: TaylorOptions = {}): Scorer {
  const form = FORMS.get(on);
  if (!form) throw errorBadOption("on", '"weights", "gate" or "activations"', on);
  return { name: "taylor", needs: ["gradients"], ...form };
}

type Form = Omit<Scorer, "name" | "needs">;

const product = withGradient((w, g) => w * g);

const onGate: Form = {
  weights: "incoming",
  scoreMember: (member, group, context) => {
    const own = product(member.tensor, context);
    return own && sumsOver(member, group, own).map((sum) => sum * sum);
  },
};

const FORMS = new Map<string, Form>([
  ["weights", perWeight(withGradient((w, g) => (w * g) ** 2))],
  ["gate", onGate],
  ["activations", perGate(({ meanAbs }) => meanAbs)],
]);
