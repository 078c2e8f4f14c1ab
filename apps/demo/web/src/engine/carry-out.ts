import type { Graph, Model } from "@prune/core";
import { keepIn, predict, type Predictions, time, withoutLabels } from "../../../src/measure.ts";
import type { Settings } from "../settings.ts";
import type { Measured, OnProgress, Outcome } from "./api.ts";
import type { Choice } from "./decide.ts";
import { examplesOf } from "./examples.ts";
import type { Images } from "./images.ts";
import { filesOf, gzippedBytes } from "./result-files.ts";
import { threads } from "./runtimes.ts";
import type { Subject } from "./subject.ts";

/** About how long networks are timed. */
const TIMING_SECONDS = 1.5;

const STAGES: Readonly<Record<Measured["stage"], string>> = {
  original: "the original",
  cut: "the network as cut",
  recovered: "the recovered network",
};

/** Carries out a decision, and measures what comes of it. */
export async function carryOut(
  subject: Subject,
  { pruning, decided }: Choice,
  settings: Settings,
  images: Images,
  onProgress: OnProgress,
): Promise<Outcome> {
  const started = performance.now();
  const { model, data, name } = subject;
  const known = "misfit" in data ? undefined : data;
  const evaluation = known && { ...known.evaluation, count: Math.min(settings.images, known.evaluation.count) };
  const recovers = settings.recover && known !== undefined;
  const cuts: Graph[] = [];
  onProgress("Cutting, and proving the cut");
  const result = await pruning.carryOut(decided, {
    recover: recovers ? [keepIn(cuts), ...withoutLabels()] : [],
    calibration: known?.calibration,
    onProgress: (text, fraction) => onProgress(`Recovering without labels: ${text}`, fraction),
  });
  const networks: { readonly stage: Measured["stage"]; readonly model: Model }[] = [
    { stage: "original", model },
    { stage: "cut", model: cuts[0] ? model.withGraph(cuts[0]) : result.model },
    ...(recovers ? [{ stage: "recovered", model: result.model } as const] : []),
  ];
  onProgress("Timing the networks in turn");
  const models = networks.map((network) => network.model);
  const timing = await time(models, { seconds: TIMING_SECONDS, threads: subject.format === "tfjs" ? 1 : threads });
  const { before, after } = result.report;
  const rows: Measured[] = [];
  const said: Predictions[] = [];
  for (const [i, { stage, model: network }] of networks.entries()) {
    if (evaluation) said.push(await predictions(subject, stage, network, evaluation, onProgress));
    const files = await filesOf(network, name);
    rows.push({
      stage,
      cost: i ? after : before,
      fileBytes: files.reduce((sum, file) => sum + file.bytes.length, 0),
      compressedBytes: await gzippedBytes(files),
      latency: timing.models[i]!.median,
      accuracy: said[i]?.accuracy,
    });
  }
  const labels = evaluation?.labels?.subarray(0, evaluation.count);
  return {
    settings,
    rows,
    report: result.report,
    plan: result.plan,
    files: await filesOf(result.model, name),
    examples: labels ? examplesOf({ before: said[0]!.classes, after: said.at(-1)!.classes, labels, images }) : [],
    images: evaluation?.count ?? 0,
    timing: { runs: timing.runs, threads: timing.threads },
    seconds: (performance.now() - started) / 1000,
  };
}

/** What a network says about the images; what the original says is found out once. */
async function predictions(
  subject: Subject,
  stage: Measured["stage"],
  model: Model,
  data: Parameters<typeof predict>[1],
  onProgress: OnProgress,
): Promise<Predictions> {
  const known = stage === "original" ? subject.predictions.get(data.count) : undefined;
  if (known) return known;
  const found = await predict(model, data, (done) =>
    onProgress(`Running ${STAGES[stage]} on ${data.count.toLocaleString("en")} images`, done / data.count),
  );
  if (stage === "original") subject.predictions.set(data.count, found);
  return found;
}
