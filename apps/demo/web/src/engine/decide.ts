import type { Registry } from "@prune/cli/portable";
import { type Decided, estimate, parseTarget, preparePruning, type Pruner, type Pruning, type Target } from "@prune/core"; // prettier-ignore
import { fraction, type Settings } from "../settings.ts";
import type { Estimate, Importances, OnProgress } from "./api.ts";
import type { Subject } from "./subject.ts";

/** A decision, and what can carry it out. */
export interface Choice {
  readonly pruning: Pruning;
  readonly decided: Decided;
}

/** Decides what leaves. What a scorer needs is gathered, and scores are computed, when it is first used on a network. */
export async function decide(
  subject: Subject,
  registry: Registry,
  settings: Settings,
  onProgress: OnProgress,
): Promise<Choice> {
  const key = settings.type === "weight" ? "none" : settings.scorer;
  const known = subject.prepared.get(key);
  const promise = known ?? prepareFor(subject, registry, settings, onProgress);
  if (!known) {
    subject.prepared.set(key, promise);
    promise.catch(() => subject.prepared.delete(key));
  }
  const pruning = await promise;
  return { pruning, decided: await pruning.decide(targetOf(settings), await prunerFor(registry, settings)) };
}

async function prepareFor(
  { model, analysis, data }: Subject,
  registry: Registry,
  settings: Settings,
  onProgress: OnProgress,
): Promise<Pruning> {
  const { type, scorer: name } = settings;
  const scorer = type === "weight" ? undefined : await registry.scorer(name);
  const needs = scorer?.needs ?? [];
  return preparePruning(model, {
    analysis,
    pruner: await prunerFor(registry, settings),
    ...(scorer ? { scorer } : {}),
    ...(needs.length && "calibration" in data ? { calibration: data.calibration } : {}),
    evidence: await registry.evidence(needs),
    onProgress: (text, fraction) => onProgress(`Reading images for the scorer: ${text}`, fraction),
  });
}

/** The target that core is given; nothing to go by for a type that takes none. */
function targetOf(settings: Settings): Target {
  return settings.measure === "percentile" ? { sparsity: 0 } : parseTarget({ [settings.measure]: fraction(settings) });
}

const prunerFor = (registry: Registry, { type, measure, amount }: Settings): Promise<Pruner> =>
  registry.pruner(type, {
    ...(measure === "percentile" ? { percentile: amount } : {}),
    // The one ranking that reads weights alone, and so is quick enough for a slider.
    ...(type === "layer" ? { rank: "mean" } : {}),
  });

export function estimateOf({ decided }: Choice): Estimate {
  const { groups } = decided.plan;
  return { report: estimate(decided), kept: Object.fromEntries(groups.map(({ id, kept }) => [id, kept])) };
}

/** Importances of a group's units, least first, and which stay. */
export async function importancesOf({ pruning, decided }: Choice, id: string): Promise<Importances> {
  const group = pruning.analysis.groups.find((g) => g.id === id);
  if (!group) throw new Error(`There is no group "${id}".`);
  const scores = await pruning.score(group);
  const gone = decided.cut.removed.get(group);
  const order = Array.from(scores.keys()).sort((a, b) => scores[a]! - scores[b]!);
  return {
    scores: Float32Array.from(order, (i) => scores[i]!),
    kept: Uint8Array.from(order, (i) => (gone?.[i] ? 0 : 1)),
  };
}
