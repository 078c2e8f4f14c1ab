import { sizeOf, toFloat32, type Scorer } from "@prune/core";
import { perGate } from "./per-gate.ts";

/**
 * Fisher information: what removal adds to the loss by its second-order expansion, with the diagonal of the empirical
 * Fisher matrix for the Hessian.
 *
 * - Of a unit `S_u = 1/(2N) Σ_n (Σ a · dL/da)²` over all of its activations in sample n, where layers read them;
 * - of a single weight `S_w = w² · E_n[(dL/dw)²] / 2`.
 *
 * Source: Theis et al. 2018, "Faster gaze prediction with dense networks and Fisher pruning", arXiv:1801.05787, eq. 6 and 8.
 * @returns importances, in units of the loss squared and at least 0; higher means keep
 */
export function fisher(): Scorer {
  return {
    name: "fisher",
    needs: ["gradients"],
    ...perGate(({ meanSquare }) => meanSquare.map((square) => square / 2)),
    scoreWeights: ({ tensor }, { evidence }) => {
      const squares = evidence.get("gradients").meanSquare(tensor.name);
      return squares
        ? toFloat32(tensor).map((w, i) => (w * w * squares[i]!) / 2)
        : new Float32Array(sizeOf(tensor.dims));
    },
  };
}
