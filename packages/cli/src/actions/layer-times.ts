import { type Analysis, analyzeModel, layerTimes, type Model, type OpHandler } from "@prune/core";
import type { FullReport, MeasuredLayer } from "@prune/report";
import type { PrintFlags, RuntimeFlags } from "../flags.ts";
import type { Progress } from "../lib/progress.ts";
import { isDetailed } from "./full-report.ts";

/** A network and what is known of its layers. */
export interface Network {
  readonly analysis: Analysis;
  readonly model: Model;
}

/** Adds to each layer how long it takes by itself, before and after; as it is where a layer cannot be run by itself. */
export async function measuredLayers(
  layers: readonly MeasuredLayer[],
  [before, after]: readonly [Network, Network],
  threads: number,
  progress: Progress,
): Promise<MeasuredLayer[]> {
  const networks = [before, after].map(({ model, analysis }) => ({ analysis, runtime: model.runtime }));
  const times = await layerTimes(networks, {
    threads,
    onProgress: (done, total) => progress.show(`measure: layer ${done} of ${total}`),
  });
  const [a, b] = networks.map(
    ({ analysis }, n) => new Map(analysis.layers.map(({ node }, i) => [node.name || node.outputs[0]!, times[n]![i]])),
  );
  return layers.map((layer) => {
    const [time, left] = [a!, b!].map((known) => (known.has(layer.name) ? known.get(layer.name) : 0)); // gone: no time
    return time === undefined || left === undefined ? layer : { ...layer, latency: [time, left] };
  });
}

/** A report with the times of its layers, where latency was measured and somebody sees them. */
export async function withLayerTimes(
  report: FullReport,
  models: readonly [Model, Model],
  flags: RuntimeFlags & PrintFlags & { readonly report?: string },
  operators: readonly OpHandler[],
  progress: Progress,
): Promise<FullReport> {
  if (!report.latency || !isDetailed(flags)) return report;
  const [before, after] = models.map(async (model): Promise<Network> => ({ model, analysis: await analyzeModel(model, { dims: flags.dim ?? {}, operators }) })); // prettier-ignore
  const layers = await measuredLayers(report.layers, [await before!, await after!], report.latency.threads, progress);
  return { ...report, layers };
}
