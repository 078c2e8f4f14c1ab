import {
  type Analysis,
  analyzeModel,
  costModel,
  cutOf,
  type Model,
  type OpHandler,
  type Report,
  reportOf,
} from "@prune/core";
import type { Comparison, MeasuredLayer } from "@prune/report";
import type { CompareFlags } from "../commands/compare.ts";
import type { Io } from "../io.ts";
import { progressOn } from "../lib/progress.ts";
import { reportText } from "../lib/report-text.ts";
import { writeText } from "../lib/stage-files.ts";
import { environmentOf } from "./environment.ts";
import { checkDataFlags, dataFor, evaluate } from "./evaluate.ts";
import { fileOptions, fileReport, isDetailed } from "./full-report.ts";
import { judgeFor, metricFor } from "./judge.ts";
import { measuredLayers, type Network } from "./layer-times.ts";
import { measure } from "./measure.ts";
import { openModel } from "./open-model.ts";
import { checkOutputs, checkReportFormat } from "./paths.ts";
import { printComparison } from "./print-comparison.ts";
import { registryFor } from "./registry-for.ts";

export type { Comparison } from "@prune/report";

/** Compares two model files. */
export async function compare(pathA: string, pathB: string, flags: CompareFlags, io: Io): Promise<void> {
  checkDataFlags(flags);
  const registry = await registryFor(flags);
  const metric = await metricFor(registry, flags);
  checkReportFormat(flags.report);
  // A model may be compared with itself.
  for (const path of [pathA, pathB]) await checkOutputs({ MODEL: path }, { "--report": flags.report });
  const progress = progressOn(io, flags.quiet);
  progress.show("read");
  let comparison: Comparison;
  try {
    const { operators } = registry;
    const open = (path: string): Promise<Network> => openNetwork(path, operators, flags, io);
    const networks = [await open(pathA), await open(pathB)] as const;
    const [a, b] = [networks[0].model, networks[1].model];
    const data = await dataFor(a, registry, flags);
    // The same network may take another precision, or another number of samples at a time.
    const own = signatureOf(a) === signatureOf(b) ? data : await dataFor(b, registry, flags);
    const { layers, groups, graph, before, after } = sideBySide(...networks);
    progress.show("measure");
    const latency = await measure([a, b], flags);
    const options = fileOptions(flags);
    const judge = judgeFor(a, {
      data,
      dataOf: (model) => (model === b ? own : data),
      threads: flags.threads,
      metric,
      onProgress: progress.show,
    });
    const evaluation = judge && (await evaluate(judge, b, data, flags.eval));
    comparison = {
      format: "prune-comparison/1",
      files: [await fileReport(pathA, a, options), await fileReport(pathB, b, options)],
      costs: [before, after],
      layers: isDetailed(flags) ? await measuredLayers(layers, networks, latency.threads, progress) : layers,
      groups,
      graph,
      latency,
      ...(evaluation ? { evaluation } : {}),
      environment: await environmentOf(a, io),
    };
    if (flags.report !== undefined) await writeText(flags.report, await reportText(flags.report, comparison));
  } finally {
    progress.clear();
  }
  if (flags.json) io.stdout.write(`${JSON.stringify(comparison)}\n`);
  else if (!flags.quiet) printComparison(comparison, io);
}

const signatureOf = ({ graph }: Model): string =>
  JSON.stringify(graph.inputs.map(({ name, dtype, dims }) => [name, dtype, dims]));

async function openNetwork(
  path: string,
  operators: readonly OpHandler[],
  flags: CompareFlags,
  io: Io,
): Promise<Network> {
  const model = await openModel(path, flags, io);
  return { model, analysis: await analyzeModel(model, { operators, dims: flags.dim ?? {} }) };
}

/** The first network with what layers and groups are in the second, by the names of layers; then what only that one has. */
function sideBySide(a: Network, b: Network): Omit<Report, "format" | "blocked"> {
  const [before, after] = [wholeReport(a.analysis), wholeReport(b.analysis)];
  const others = new Map(after.layers.map((layer) => [layer.name, layer]));
  const pairs = before.layers.map((layer): MeasuredLayer => {
    const other = others.get(layer.name);
    const pair = (key: "channels" | "macs" | "params") => [layer[key][0], other?.[key][0] ?? 0] as const;
    return { ...layer, channels: pair("channels"), macs: pair("macs"), params: pair("params") };
  });
  const names = new Set(before.layers.map(({ name }) => name));
  const added = after.layers.filter(({ name }) => !names.has(name)).map((layer): MeasuredLayer => {
    const { channels, macs, params } = layer;
    return { ...layer, groups: [], channels: [0, channels[0]], macs: [0, macs[0]], params: [0, params[0]] };
  }); // prettier-ignore
  return {
    before: before.before,
    after: after.before,
    layers: [...pairs, ...added],
    groups: before.groups.map((group) => {
      const layer = pairs.find(({ groups, channels }) => groups[0] === group.id && channels[0] > 0);
      return layer ? { ...group, kept: Math.round((group.size * layer.channels[1]) / layer.channels[0]) } : group;
    }),
    graph: before.graph.map((node) =>
      node.layer !== undefined && !others.has(node.name) ? { ...node, removed: true } : node,
    ),
  };
}

function wholeReport(analysis: Analysis): Report {
  const costs = costModel(analysis);
  return reportOf(analysis, { before: costs, after: costs }, cutOf(analysis, new Map()));
}
