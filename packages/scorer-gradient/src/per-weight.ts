import { sizeOf, sumsOver, toFloat32, type ScoreContext, type Scorer, type Tensor } from "@prune/core";

/** One number per element of a tensor; undefined where no gradient flows to it. */
export type OfTensor = (tensor: Tensor, context: ScoreContext) => Float32Array | undefined | Promise<Float32Array | undefined>; // prettier-ignore

/**
 * Importance of every weight by itself. A unit's is the sum over all that would leave with it; a layer that the loss does
 * not depend on is worth nothing.
 */
export function perWeight(importance: OfTensor): Pick<Scorer, "scoreMember" | "scoreWeights"> {
  return {
    scoreMember: async (member, group, context) => {
      const own = await importance(member.tensor, context);
      return own && sumsOver(member, group, own);
    },
    scoreWeights: async ({ tensor }, context) =>
      (await importance(tensor, context)) ?? new Float32Array(sizeOf(tensor.dims)),
  };
}

/** What a function says of every weight and its mean gradient. */
export function withGradient(
  f: (w: number, g: number) => number,
): (tensor: Tensor, context: ScoreContext) => Float32Array | undefined {
  return (tensor, { evidence }) => {
    const mean = evidence.get("gradients").mean(tensor.name);
    const weights = mean && toFloat32(tensor);
    return weights?.map((w, i) => f(w, mean![i]!));
  };
}
