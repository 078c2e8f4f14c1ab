import { sumAlong, type Analysis, type ChannelGroup, type GroupMember, type Scorer } from "@prune/core";

/**
 * Scale of normalisation: `S_c = |γ_c|`, what a channel is multiplied with after it was normalised; the mean where
 * several normalisations scale the channel.
 *
 * Exported files often have batch normalisation folded into the convolution before it. Its weights then hold γ as a
 * factor, `W'_c = γ_c / σ_c · W_c`, so a group without any scale is scored by `‖W'_c‖₂` of the weights that make the
 * channel, the mean over its producers.
 * Source: Liu et al. 2017, "Learning Efficient Convolutional Networks through Network Slimming", arXiv:1708.06519, sec. 3.
 * @returns importances, at least 0; higher means keep
 */
export function bnScale(): Scorer {
  return {
    name: "bn-scale",
    needs: [],
    aggregate: "mean",
    scoreMember: (member, group, { analysis }) => {
      if (group.members.some((m) => isScale(m, analysis)))
        return isScale(member, analysis) ? meanNorms(member, group, "abs") : undefined;
      return member.role === "output" && member.tensor.dims.length > 1 ? meanNorms(member, group, "square") : undefined;
    },
  };
}

const isScale = ({ node, tensor }: GroupMember, { lookup }: Analysis): boolean =>
  node.inputs[lookup(node)?.scaleInput ?? -1] === tensor.name;

/** The norm of an index' weights, averaged over a unit's indices. */
function meanNorms(
  { tensor, axis, unitOf }: GroupMember,
  { size }: ChannelGroup,
  norm: "abs" | "square",
): Float32Array {
  const [norms, counts] = [new Float32Array(size), new Float32Array(size)];
  sumAlong(tensor, axis, norm).forEach((sum, i) => {
    const unit = unitOf(i);
    if (unit < 0) return;
    norms[unit]! += norm === "abs" ? sum : Math.sqrt(sum);
    counts[unit]!++;
  });
  return norms.map((total, unit) => total / (counts[unit] || 1));
}
