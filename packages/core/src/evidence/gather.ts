import type { DataSource } from "../data.ts";
import { errorNeedsCalibration, errorNeedsProvider, errorNoStatistics } from "../errors.ts";
import type { Model } from "../model.ts";
import type { Analysis } from "../solver/analyze.ts";
import type { AxisRef } from "../solver/link.ts";
import { partsOf, type GraphPart } from "../passes/recorded-parts.ts";
import { activations } from "./activations.ts";
import { featureAxes } from "./axes.ts";
import {
  evidenceOf,
  type ActivationEvidence,
  type Evidence,
  type EvidenceKind,
  type EvidenceKinds,
  type EvidenceProvider,
  type HessianEvidence,
} from "./evidence.ts";
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
  let parts: GraphPart[] | undefined;
  const gathered: { -readonly [K in EvidenceKind]?: EvidenceKinds[K] } = {};
  for (const kind of new Set(kinds)) {
    const provider = known.get(kind);
    if (!provider) throw errorNeedsProvider(who, kind);
    if (provider.dataFree) Object.assign(gathered, { [kind]: await provider.gather(context) });
    else if (kind === "gradients" || !analysis.bodies.nodes.length)
      Object.assign(gathered, { [kind]: await provider.gather({ ...context, data: calibration! }) });
    else {
      parts ??= await seenParts(model, analysis, calibration!);
      const found: EvidenceKinds[EvidenceKind][] = [];
      for (const part of parts)
        found.push(await provider.gather({ ...context, analysis: part.analysis, data: part.data }));
      Object.assign(gathered, { [kind]: joined(kind, found, parts) });
    }
  }
  return evidenceOf(gathered);
}

/** Those that have layers and ran. */
async function seenParts(model: Model, analysis: Analysis, data: DataSource): Promise<GraphPart[]> {
  const parts = await partsOf(model.runtime, analysis, data);
  return parts.filter((part) => part.data.count > 0 && part.analysis.linear.length > 0);
}

/** Statistics of several parts as one: each value is in one of them. */
function joined(
  kind: Exclude<EvidenceKind, "gradients">,
  found: readonly EvidenceKinds[EvidenceKind][],
  parts: readonly GraphPart[],
): EvidenceKinds["hessian" | "activations" | "samples"] {
  const places = new Map(
    parts.flatMap(({ analysis }, i) => featureAxes(analysis).map(({ value }) => [value, i] as const)),
  );
  const find = <T>(all: readonly T[], value: string): T | undefined => all[places.get(value) ?? -1];
  if (kind === "hessian") {
    const all = found as readonly HessianEvidence[];
    return {
      of: async (layer) => find(all, layer.output.value)?.of(layer),
      after: (cut, edits) => {
        const changing = all.map((evidence) => evidence.after(cut, edits));
        return {
          of: async (layer) => find(changing, layer.output.value)?.of(layer),
          withTargets: async (layer, values) => find(changing, layer.output.value)?.withTargets(layer, values),
          change: (tensor, values) => changing.forEach((part) => part.change(tensor, values)),
        };
      },
    } satisfies HessianEvidence;
  }
  const all = found as readonly ActivationEvidence[]; // or samples, which are asked for alike
  return {
    of: (axis: AxisRef) => {
      const part = find(all, axis.value);
      if (!part) throw errorNoStatistics(axis.value);
      return part.of(axis);
    },
  };
}
