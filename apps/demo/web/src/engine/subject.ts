import type { DataSet, Registry } from "@prune/cli/portable";
import { type Analysis, analyzeModel, costModel, cutOf, describeNode, type Pruning, reportOf } from "@prune/core";
import type { Predictions } from "../../../src/measure.ts";
import { SCORERS } from "../settings.ts";
import type { GroupView, NamedFile, NetworkView, OnProgress, ScorerView } from "./api.ts";
import { draw } from "./draw.ts";
import { dataFor, type Images, misfit } from "./images.ts";
import { type Opened, open } from "./open.ts";

/** A network that was opened, and what is known of it by now. */
export interface Subject extends Opened {
  readonly analysis: Analysis;
  /** The page's images as the network takes them; where they do not fit, why. */
  readonly data: { readonly evaluation: DataSet; readonly calibration: DataSet } | { readonly misfit: string };
  /** What decisions are made with, by scorer. */
  readonly prepared: Map<string, Promise<Pruning>>;
  /** What the network says about the first so many images; found out once. */
  readonly predictions: Map<number, Predictions>;
}

/** The page's images. */
export interface AllImages {
  readonly evaluation: Images;
  readonly calibration: Images;
}

/** Opens files and finds out what can be cut. */
export async function openSubject(
  files: readonly NamedFile[],
  images: Promise<AllImages>,
  onProgress: OnProgress,
): Promise<Subject> {
  onProgress("Reading");
  const opened = await open(files);
  const { graph } = opened.model;
  const { evaluation, calibration } = await images;
  const why = misfit(graph, evaluation);
  const data =
    why === undefined
      ? { evaluation: dataFor(graph, evaluation), calibration: dataFor(graph, calibration) }
      : { misfit: why };
  onProgress("Finding what belongs together");
  // Scorers that need gradients share the analysis, and gradients do not reach into bodies.
  const analysis = await analyzeModel(opened.model, { bodies: why !== undefined });
  return { ...opened, analysis, data, prepared: new Map(), predictions: new Map() };
}

/** What the page shows of a network. */
export async function viewOf(subject: Subject, registry: Registry): Promise<NetworkView> {
  const { name, format, fileBytes, model, analysis, data } = subject;
  const costs = costModel(analysis);
  return {
    name,
    format,
    cost: costs.original,
    fileBytes,
    inputs: model.graph.inputs.map(({ name, dims }) => `${name} [${(dims ?? []).map((d) => d ?? "?").join(", ")}]`),
    groups: groupViews(analysis),
    report: reportOf(analysis, { before: costs, after: costs }, cutOf(analysis, new Map())),
    drawing: draw(analysis),
    scorers: await scorerViews(registry),
    images: "misfit" in data ? { fit: false, why: data.misfit } : { fit: true },
  };
}

const groupViews = ({ groups }: Analysis): GroupView[] =>
  groups.map(({ id, kind, size, width, layers, blocked }) => ({
    id,
    kind,
    size,
    width,
    layers: layers.map((node) => node.name || (node.outputs[0] ?? "")),
    ...(blocked
      ? { blocked: { reason: blocked.reason, ...(blocked.node ? { node: describeNode(blocked.node) } : {}) } }
      : {}),
  }));

const scorerViews = (registry: Registry): Promise<ScorerView[]> =>
  Promise.all(
    Object.keys(SCORERS).map(async (name) => {
      const { needs, scoreWeights } = await registry.scorer(name);
      return { name, needsData: needs.length > 0, weights: scoreWeights !== undefined };
    }),
  );
