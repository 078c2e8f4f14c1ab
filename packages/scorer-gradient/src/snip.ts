import type { Evidence, ScoreContext, Scorer } from "@prune/core";
import { perWeight, withGradient } from "./per-weight.ts";

/**
 * SNIP, connection sensitivity: `S_w = |g_w · w| / Σ_v |g_v · v|` over all weights v of the network's linear layers,
 * `g = dL/dw` being the mean over the calibration set; of a unit the sum over all weights that would leave with it.
 * Made for networks before training; the calibration set is the paper's one batch.
 * Source: Lee et al. 2019, "SNIP: Single-shot Network Pruning based on Connection Sensitivity", arXiv:1810.02340, eq. 6.
 * @returns importances, without unit, at least 0; those of all weights of linear layers sum to 1; higher means keep
 */
export function snip(): Scorer {
  const totals = new WeakMap<Evidence, number>();
  const totalOf = (context: ScoreContext): number => {
    let total = totals.get(context.evidence);
    if (total === undefined) {
      const tensors = new Map(context.analysis.linear.map(({ tensor }) => [tensor.name, tensor]));
      total = 0;
      for (const tensor of tensors.values()) for (const s of sensitivity(tensor, context) ?? []) total += s;
      totals.set(context.evidence, total);
    }
    return total;
  };
  return {
    name: "snip",
    needs: ["gradients"],
    ...perWeight((tensor, context) => sensitivity(tensor, context)?.map((s) => s / (totalOf(context) || 1))),
  };
}

const sensitivity = withGradient((w, g) => Math.abs(w * g));
