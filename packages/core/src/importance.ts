import { histogram, type Histogram } from "./histogram.ts";
import type { RemovedUnits } from "./plan/cut.ts";
import type { Edits } from "./plan/edits.ts";
import type { Scoring } from "./scoring.ts";
import type { GroupKind } from "./solver/channel-group.ts";

/** What a scorer said of the units of a group, or of the weights of a layer, and what was made of it. */
export interface ImportanceReport extends Histogram {
  /** The group; of single weights, the constant that stores them. */
  readonly of: string;
  readonly kind: GroupKind | "weights";
}

/** All importances that a decision was made by. */
export async function importanceReport(
  { known: { groups, layers }, weights: scoresOf }: Pick<Scoring, "known" | "weights">,
  removed: RemovedUnits,
  masks: Edits["masks"],
): Promise<ImportanceReport[]> {
  const units = [...groups].map(async ([group, scores]): Promise<ImportanceReport> => {
    const gone = removed.get(group);
    return { of: group.id, kind: group.kind, ...histogram(await scores, (i) => gone?.[i] === 1) };
  });
  const weights: ImportanceReport[] = [];
  for (const layer of layers) {
    const mask = masks?.get(layer.tensor.name);
    if (!mask) continue;
    const scores = await scoresOf(layer);
    weights.push({ of: layer.tensor.name, kind: "weights", ...histogram(scores, (i) => mask[i] === 0) });
  }
  return [...(await Promise.all(units)), ...weights];
}
