import { errorBadOption, mapWeights, type Scorer } from "@prune/core";

export interface RiaOptions {
  /** Power of the activation's norm, at least 0; 0 leaves activations out. Default 0.5, as in the paper. */
  readonly power?: number;
}

/**
 * Relative importance and activation: `S_ij = (|W_ij| / Σ_k |W_kj| + |W_ij| / Σ_k |W_ik|) · ‖X_j‖₂^a`: a weight's share of
 * what leaves its input, plus its share of what reaches its output, times the norm of its input over the calibration set
 * (divided by the root of the number of samples and positions, a constant factor within a layer). Of a unit, the sum over
 * its outgoing weights. Sums over kernels include all positions.
 * Source: Zhang et al. 2024, "Plug-and-Play: An Efficient Post-training Pruning Method for Large Language Models", ICLR, sec. 3.
 * @returns importances, at least 0; higher means keep
 * @throws {PruneError} `bad-option`
 */
export function ria({ power = 0.5 }: RiaOptions = {}): Scorer {
  if (!(power >= 0 && Number.isFinite(power))) throw errorBadOption("power", "a number from 0", power);
  return {
    name: "ria",
    needs: ["activations"],
    weights: "outgoing",
    scoreWeights: (layer, { evidence }) => {
      const factors = evidence
        .get("activations")
        .of(layer.input)
        .meanSquare.map((m) => Math.sqrt(m) ** power);
      const [leaving, arriving] = [new Float64Array(layer.input.size), new Float64Array(layer.blocks * layer.rows)];
      mapWeights(layer, (w, input, row) => {
        leaving[input]! += Math.abs(w);
        arriving[row]! += Math.abs(w);
        return 0;
      });
      const shares = (w: number, input: number, row: number): number =>
        w === 0 ? 0 : Math.abs(w) / leaving[input]! + Math.abs(w) / arriving[row]!;
      return mapWeights(layer, (w, input, row) => shares(w, input, row) * factors[input]!);
    },
  };
}
