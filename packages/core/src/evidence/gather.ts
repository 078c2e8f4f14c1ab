import type { DataSource } from "../data.ts";
import { errorNeedsCalibration, errorNeedsProvider } from "../errors.ts";
import type { Model } from "../model.ts";
import type { Analysis } from "../solver/analyze.ts";
import { activations } from "./activations.ts";
import { evidenceOf, type Evidence, type EvidenceKind, type EvidenceKinds, type EvidenceProvider } from "./evidence.ts";
import { samples } from "./samples.ts";
import { secondMoments } from "./second-moments.ts";

/** What is gathered, for whom, and from what. */
export interface GatherOptions {
  /** What messages call whoever needs it, such as `scorer "wanda"`. */
  readonly who: string;
  readonly kinds: readonly EvidenceKind[];
  readonly calibration?: DataSource | undefined;
  /** Providers that win over core's own. */
  readonly providers?: readonly EvidenceProvider[] | undefined;
  readonly seed?: number;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/**
 * Gathers evidence over a calibration set; none is needed for kinds whose provider is free of data.
 * @throws {PruneError} `bad-option` without calibration data, or without a provider of a kind
 */
export async function gatherEvidence(model: Model, analysis: Analysis, options: GatherOptions): Promise<Evidence> {
  const { who, kinds, calibration, providers = [], seed = 0, onProgress } = options;
  const known = new Map<EvidenceKind, EvidenceProvider>(
    [activations(), samples(), secondMoments(), ...providers].map((provider) => [provider.kind, provider]),
  );
  const wanting = kinds.filter((kind) => !known.get(kind)?.dataFree);
  if (wanting.length && !calibration) throw errorNeedsCalibration(who, wanting);
  const context = { model, analysis, seed, onProgress };
  const gathered: { -readonly [K in EvidenceKind]?: EvidenceKinds[K] } = {};
  for (const kind of new Set(kinds)) {
    const provider = known.get(kind);
    if (!provider) throw errorNeedsProvider(who, kind);
    const found = provider.dataFree
      ? await provider.gather(context)
      : await provider.gather({ ...context, data: calibration! });
    Object.assign(gathered, { [kind]: found });
  }
  return evidenceOf(gathered);
}
