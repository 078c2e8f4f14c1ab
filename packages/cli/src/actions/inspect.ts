import {
  analyzeModel,
  type Cost,
  costModel,
  cutOf,
  describeNode,
  type Layer,
  type OpHandler,
  reportOf,
  type ValueInfo,
} from "@prune/core";
import { findBlocks } from "@prune/pruner-layer";
import type { InspectFlags } from "../commands/inspect.ts";
import type { Io } from "../io.ts";
import { progressOn } from "../lib/progress.ts";
import { type FileReport, fileReport } from "./full-report.ts";
import { ignoreGlobs } from "./ignore.ts";
import { openModel } from "./open-model.ts";
import { printInspection } from "./print-inspection.ts";
import { registryFor } from "./registry-for.ts";

/** A layer with weights. */
interface InspectedLayer {
  readonly name: string;
  readonly opType: string;
  /** Output features; 0 where there is no such axis. */
  readonly channels: number;
  readonly macs: number;
  readonly params: number;
  /** Groups that its outputs belong to, and groups that its inputs belong to. */
  readonly outputGroups: readonly string[];
  readonly inputGroups: readonly string[];
}

/** Channels, heads or blocks that are ranked and cut together. */
export interface InspectedGroup {
  readonly id: string;
  readonly kind: string;
  /** Number of units, each `width` channels wide. */
  readonly size: number;
  readonly width: number;
  /** Whether a cut is proven to equal masking. */
  readonly exact: boolean;
  /** Layers that lose outputs, and layers that lose inputs. */
  readonly outputsOf: readonly string[];
  readonly inputsOf: readonly string[];
  /** Why it is not cut, and the operator that is in the way. */
  readonly blocked?: { readonly reason: string; readonly node?: string };
}

/** A layer, branch or block that `--type layer` can take out whole. */
interface InspectedBlock {
  readonly name: string;
  readonly kind: string;
  readonly layers: readonly string[];
  readonly macs: number;
  readonly params: number;
}

/** Everything that `prune inspect` knows. */
export interface Inspection {
  readonly format: "prune-inspection/1";
  readonly file: FileReport;
  readonly inputs: readonly Pick<ValueInfo, "name" | "dtype" | "dims">[];
  readonly outputs: readonly Pick<ValueInfo, "name" | "dtype" | "dims">[];
  /** Sizes of the inputs, in their order, that MACs are counted at. */
  readonly sizes: readonly (readonly number[])[];
  readonly totals: Cost;
  readonly layers: readonly InspectedLayer[];
  readonly groups: readonly InspectedGroup[];
  readonly blocks: readonly InspectedBlock[];
}

/** Shows what can be cut from a model file. */
export async function inspect(path: string, flags: InspectFlags, io: Io): Promise<void> {
  const operators = (await registryFor(flags)).operators;
  const progress = progressOn(io, flags.quiet);
  progress.show("analyze");
  let inspection: Inspection;
  try {
    inspection = await inspectFile(path, flags, operators, io);
  } finally {
    progress.clear();
  }
  if (flags.json) io.stdout.write(`${JSON.stringify(inspection)}\n`);
  else if (!flags.quiet) printInspection(inspection, io);
}

async function inspectFile(
  path: string,
  flags: InspectFlags,
  operators: readonly OpHandler[],
  io: Io,
): Promise<Inspection> {
  const model = await openModel(path, flags, io);
  const ignore = ignoreGlobs(flags.ignore);
  const analysis = await analyzeModel(model, {
    operators,
    ignore: ignore.matches,
    width: flags.width === true,
    dims: flags.dim ?? {},
    ...(flags.heads ? { heads: flags.heads } : {}),
  });
  ignore.warnUnused(flags, io);
  const costs = costModel(analysis);
  const report = reportOf(analysis, { before: costs, after: costs }, cutOf(analysis, new Map()));
  const nameOf = ({ node }: Pick<Layer, "node">): string => node.name || (node.outputs[0] ?? "");
  const costOf = (layers: readonly Pick<Layer, "node">[], figure: "macs" | "params"): number => {
    const own = new Set(layers.map(({ node }) => node));
    return report.layers.reduce((n, l, i) => n + (own.has(analysis.layers[i]!.node) ? l[figure][0] : 0), 0);
  };
  return {
    format: "prune-inspection/1",
    file: await fileReport(path, model),
    inputs: model.graph.inputs.map(valueOf),
    outputs: model.graph.outputs.map(valueOf),
    sizes: model.graph.inputs.map(({ name }) => analysis.shapes.canonical.get(name) ?? []),
    totals: costs.original,
    layers: report.layers.map(({ name, opType, channels, macs, params }, i) => {
      const ids = (role: string): string[] =>
        analysis.layers[i]!.groups.filter((g) => g.role === role).map((g) => g.group.id);
      return {
        name,
        opType,
        channels: channels[0],
        macs: macs[0],
        params: params[0],
        outputGroups: ids("output"),
        inputGroups: ids("input"),
      };
    }),
    groups: analysis.groups.map((group) => {
      const { id, kind, size, width, exact, blocked } = group;
      const layers = (role: string): string[] =>
        analysis.layers.filter((l) => l.groups.some((g) => g.group === group && g.role === role)).map(nameOf);
      const why = blocked && { reason: blocked.reason, ...(blocked.node ? { node: describeNode(blocked.node) } : {}) };
      return {
        id,
        kind,
        size,
        width,
        exact,
        outputsOf: layers("output"),
        inputsOf: layers("input"),
        ...(why ? { blocked: why } : {}),
      };
    }),
    blocks: findBlocks(analysis).map(({ name, kind, layers }) => ({
      name,
      kind,
      layers: [...new Set(layers.map(nameOf))],
      macs: costOf(layers, "macs"),
      params: costOf(layers, "params"),
    })),
  };
}

const valueOf = ({ name, dtype, dims }: ValueInfo): Pick<ValueInfo, "name" | "dtype" | "dims"> => ({
  name,
  dtype,
  dims,
});
