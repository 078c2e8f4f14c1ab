import { evidenceOf, scoringWith, type GateStatistics, type GradientEvidence, type Scorer } from "@prune/core";
import { denseLayers } from "@prune/core/testing";

/** Gradients of "out", `[neurons, inputs]`, and "into", `[outputs, neurons]`, by what they are of. */
export interface Known {
  readonly mean?: Readonly<Record<string, readonly number[]>>;
  readonly meanSquare?: Readonly<Record<string, readonly number[]>>;
  readonly hessian?: Readonly<Record<string, readonly number[]>>;
  /** By value: "hidden", "read". */
  readonly gates?: Readonly<Record<string, { readonly meanAbs: readonly number[]; readonly meanSquare: readonly number[] }>>; // prettier-ignore
}

/** What a scorer says of `x → out → ReLU → into` (see `denseLayers`), to four digits. */
export async function said(
  scorer: Scorer,
  known: Known,
  out: readonly (readonly number[])[],
  into?: readonly (readonly number[])[],
): Promise<{ neurons: () => Promise<number[]>; first: () => Promise<number[]>; second: () => Promise<number[]> }> {
  const { analysis, group, first, second } = await denseLayers(out, into);
  const floats = (values: readonly number[] | undefined): Float32Array | undefined =>
    values && Float32Array.from(values);
  const gates: GradientEvidence["gates"] = (_, { value }): GateStatistics | undefined => {
    const found = known.gates?.[value];
    return found && { meanAbs: Float64Array.from(found.meanAbs), meanSquare: Float64Array.from(found.meanSquare) };
  };
  const gradients: GradientEvidence = {
    mean: (name) => floats(known.mean?.[name]),
    meanSquare: (name) => floats(known.meanSquare?.[name]),
    gates,
    hessianGradient: known.hessian && ((name) => Promise.resolve(floats(known.hessian![name]))),
  };
  const scoring = scoringWith(scorer, { analysis, seed: 0, evidence: evidenceOf({ gradients }) });
  const rounded = async (scores: Promise<Float32Array>): Promise<number[]> =>
    Array.from(await scores, (s) => Math.round(s * 1e4) / 1e4);
  return {
    neurons: () => rounded(scoring.group(group)),
    first: () => rounded(scoring.weights(first)),
    second: () => rounded(scoring.weights(second!)),
  };
}
