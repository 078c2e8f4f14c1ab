import type { Registry } from "@prune/cli/portable";
import { type Decided, estimate, prepare, type Prepared, type Pruner } from "@prune/core";
import { type Settings, targetOf } from "../settings.ts";
import type { Estimate, Importances, OnProgress } from "./api.ts";
import type { Subject } from "./subject.ts";

/** A decision, and what can carry it out. */
export interface Choice {
  readonly prepared: Prepared;
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
  const prepared = await promise;
  return { prepared, decided: await prepared.decide(await prunerFor(registry, settings), targetOf(settings)) };
}

async function prepareFor(
  { model, analysis, data }: Subject,
  registry: Registry,
  { type, scorer: name }: Settings,
  onProgress: OnProgress,
): Promise<Prepared> {
  const scorer = type === "weight" ? undefined : await registry.scorer(name);
  const needs = scorer?.needs ?? [];
  return prepare(model, {
    analysis,
    ...(scorer ? { scorer } : {}),
    ...(needs.length && "calibration" in data ? { calibration: data.calibration } : {}),
    evidence: await registry.evidence(needs),
    onProgress: (text, fraction) => onProgress(`Reading images for the scorer: ${text}`, fraction),
  });
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
export async function importancesOf({ prepared, decided }: Choice, id: string): Promise<Importances> {
  const group = prepared.analysis.groups.find((g) => g.id === id);
  if (!group) throw new Error(`There is no group "${id}".`);
  const scores = await prepared.score(group);
  const gone = decided.cut.removed.get(group);
  const order = Array.from(scores.keys()).sort((a, b) => scores[a]! - scores[b]!);
  return {
    scores: Float32Array.from(order, (i) => scores[i]!),
    kept: Uint8Array.from(order, (i) => (gone?.[i] ? 0 : 1)),
  };
}
