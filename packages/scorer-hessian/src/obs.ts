import { errorBadOption, type DampingOptions, type Scorer } from "@prune/core";
import { compensate } from "./compensate.ts";
import { maskFor } from "./mask-for.ts";
import { unitLosses } from "./unit-losses.ts";
import { weightLosses } from "./weight-losses.ts";
import { withGemm } from "./with-gemm.ts";

export interface ObsOptions {
  /**
   * What is added to the diagonal of the Hessian, as a fraction of its mean. Where that is too little for a factorisation,
   * it grows by itself. Default 0.01.
   */
  readonly damping?: number;
  /** Whether the weights that stay make up for those that leave. Default true. */
  readonly update?: boolean;
  /**
   * Stages in which masks of single weights are chosen, each of which factors the Hessian once; more find better masks.
   * 0: in the sweep over columns of SparseGPT. Default 10.
   */
  readonly select?: number;
  /**
   * Steps that bring the weights that stay from where the sweep leaves them to least squares; each costs as much as the
   * sweep. 0: only the sweep, as in the paper. Default 24.
   */
  readonly refine?: number;
}

/**
 * Optimal brain surgeon: what a weight costs when all others make up for its loss, `S = w²/[H⁻¹]_pp`, with H the damped
 * second moments of the layer's inputs. Of a unit, what the layers that read it lose when it is its turn: units leave one
 * after the other, always the one that costs least, and the others make up for it before the next. Two copies of a neuron
 * are not both free: the second costs what both carried. Masks of single weights are chosen for what they cost once the
 * weights that stay make up for it, all columns at once (ALPS) or in a sweep (SparseGPT).
 * What stays is then fitted, layer by layer, to what the original yields, given what the layers before it feed it by now.
 * Needs calibration data; layers whose inputs cannot be had are judged by w² and keep their values.
 * Source: Hassibi and Stork 1993, "Second order derivatives for network pruning: optimal brain surgeon", eq. 5;
 * Kurtić, Frantar and Alistarh 2023, "ZipLM", arXiv:2302.04089, algorithm 1, for units; Meng et al. 2024, "ALPS",
 * arXiv:2406.07831; Frantar and Alistarh 2023, "SparseGPT", arXiv:2301.00774, algorithm 1.
 * @returns importances at least 0, in units of a squared output; higher means keep
 * @throws {PruneError} `bad-option` for options out of range
 */
export function obs({ damping = 0.01, update = true, select = 10, refine = 24 }: ObsOptions = {}): Scorer {
  if (!(damping >= 0 && damping < Infinity)) throw errorBadOption("damping", "a number from 0", damping);
  if (!(Number.isInteger(select) && select >= 0)) throw errorBadOption("select", "a whole number from 0", select);
  if (!(Number.isInteger(refine) && refine >= 0)) throw errorBadOption("refine", "a whole number from 0", refine);
  const options = (gemm: DampingOptions["gemm"]): DampingOptions => ({ damping, gemm });
  return {
    name: "obs",
    needs: ["hessian"],
    score: (group, context) => withGemm(context, (gemm) => unitLosses(group, context, options(gemm))),
    scoreWeights: (layer, context) => withGemm(context, (gemm) => weightLosses(layer, context, options(gemm))),
    maskWeights: (layer, rule, context) =>
      withGemm(context, (gemm) => maskFor(layer, rule, context, { ...options(gemm), stages: select })),
    ...(update && {
      compensate: (outcome, context) =>
        withGemm(context, (gemm) => compensate(outcome, context, { ...options(gemm), steps: refine })),
    }),
  };
}
