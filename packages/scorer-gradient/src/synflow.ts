import { sizeOf, sumsOver, type Scorer } from "@prune/core";

/**
 * SynFlow, synaptic flow: `S_w = |w| · dR/d|w|`, where R is the sum of outputs of the linearised network, whose weights are
 * their magnitudes, when it is fed ones; of a unit the flow that its layers bring to it, `Σ S_w` over their weights. No
 * data is needed.
 *
 * The paper judges anew in each of 100 rounds, of which round k leaves the share `ρ^(k/n)` of the weights, and lets all
 * weights compete; judged once, whole layers may be lost. That is a `schedule` of `exponential` shape with the allocation
 * `global`.
 * Source: Tanaka et al. 2020, "Pruning neural networks without any data by iteratively conserving synaptic flow",
 * arXiv:2006.05467, eq. 3 and algorithm 1.
 * @returns importances, without unit and at least 0; higher means keep
 */
export function synflow(): Scorer {
  return {
    name: "synflow",
    needs: ["flow"],
    weights: "incoming",
    scoreMember: (member, group, { evidence }) => {
      const flow = evidence.get("flow").of(member.tensor.name);
      return flow && sumsOver(member, group, flow);
    },
    scoreWeights: ({ tensor }, { evidence }) =>
      evidence.get("flow").of(tensor.name) ?? new Float32Array(sizeOf(tensor.dims)),
  };
}
