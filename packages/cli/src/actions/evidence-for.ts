import type { EvidenceProvider, Loss, Scorer } from "@prune/core";
import { errorNeedsCalib } from "../errors.ts";
import type { CalibrationFlags } from "../flags.ts";
import type { Registry } from "../registry.ts";

/** The providers of what a scorer needs. Refuses one that needs samples where there are none. */
export async function evidenceFor(
  registry: Registry,
  scorer: Scorer | undefined,
  { calib }: CalibrationFlags,
  loss?: Loss,
): Promise<EvidenceProvider[]> {
  const { name, needs = [] } = scorer ?? {};
  const providers = await registry.evidence(needs, { loss });
  const free = new Set(providers.filter(({ dataFree }) => dataFree).map(({ kind }) => kind));
  const wanting = needs.filter((kind) => !free.has(kind));
  if (calib === undefined && wanting.length) throw errorNeedsCalib(`Scorer "${name}"`, wanting);
  return providers;
}
