import { errorVerification, isPruneError } from "../errors.ts";
import { floatsIn } from "../floats-in.ts";
import type { Graph } from "../graph/graph.ts";
import type { Runtime, RunTensor, RunValues } from "../model.ts";
import type { Analysis } from "../solver/analyze.ts";
import { sampleInputs, type DimSizes } from "../solver/sample-inputs.ts";
import type { Cut } from "./cut.ts";
import { withEdits, type Edits } from "./edits.ts";
import { sliceValue } from "./slice-value.ts";
import { CHUNK_BYTES } from "../parts/chunks.ts";
import { compareOutputs } from "./verify/outputs.ts";
import { referenceFor } from "./verify/reference.ts";
import { rounds, unrounded } from "./verify/unrounded.ts";
import {
  feedsAfter,
  feedsOfKept,
  runSideBySide,
  type SideBySide,
  type SideBySideOptions,
} from "./verify/side-by-side.ts";

/** What verification found. */
export interface Verification {
  /** Whether the masked original could be compared: every cut is exact. Otherwise only loading, shapes and finiteness were checked. */
  readonly exact: boolean;
  /** Whether it was compared with the original itself, nothing of it at zero but what the edits mask. */
  readonly lossless: boolean;
  /**
   * max |a − b| / max(0.001, max |a|) over the outputs; above the tolerance only where rounding the inputs makes as much of
   * a difference. Undefined where nothing was compared.
   */
  readonly maskedError?: number;
  /** max |a − b| / max |a| of what every layer by itself yields on fresh inputs; the worst. Undefined where nothing was compared. */
  readonly layerError?: number;
  /** Number of layers compared. */
  readonly layers: number;
  /** Layers and outputs that read or give no finite number in either graph, so that comparing them showed nothing. */
  readonly unproven: readonly string[];
}

export interface VerifyOptions {
  /**
   * Largest relative difference accepted. Default 1e-4; at least 5e-3 where values are of half precision, and 2e-2 where
   * they are quantised as they are computed. Of outputs that change by more when their inputs are rounded otherwise, 16
   * times that, and at most 1e-2.
   */
  readonly tolerance?: number;
  readonly dims?: DimSizes;
  /** Changes besides the cut. Default none. */
  readonly edits?: Edits;
  /** Whether nothing that is cut may matter; outputs may then differ by 1e-5 of the largest value at most. Default false. */
  readonly lossless?: boolean;
  /**
   * The original is loaded in parts of about this many bytes, so that checking a model takes little more memory than
   * holding it. Default 24 MiB.
   */
  readonly chunkBytes?: number;
}

/** Size in bytes above which weights stay out of the messages that sessions are made from. */
const FEED_ABOVE = 2 ** 16;

/** Largest relative difference accepted where values are rounded to 256 steps on the way: a few of those. */
const ROUNDED_TOLERANCE = 2e-2;

/** Largest relative difference of an output from that of the original itself, for what promises to be lossless. */
const LOSSLESS_TOLERANCE = 1e-5;

/**
 * Proves a cut: the pruned graph computes what the original computes with every cut slice of its weights set to zero
 * and the contribution of everything bypassed multiplied by zero, end to end and layer by layer on fresh inputs (deep
 * networks forget errors, as they forget their inputs). A lossless cut must compute what the original itself does. The
 * pruned graph is also loaded and run as the whole that it will be.
 * @throws {PruneError} `verification-failed`, `runtime-failed`
 */
export async function verify(
  original: Analysis,
  cut: Cut,
  pruned: Graph,
  runtime: Runtime,
  options: VerifyOptions = {},
): Promise<Verification> {
  const { dims = {}, edits = {}, lossless = false, chunkBytes = CHUNK_BYTES } = options;
  const edited = withEdits(original, edits);
  const isWeight = (name: string): boolean => edited.operands.of(name)?.isWeight ?? false;
  const plain = (graph: Graph): Graph => unrounded(graph, isWeight);
  const analysis = { ...edited, graph: plain(edited.graph) };
  const smooth = plain(pruned);
  const tolerance = Math.max(options.tolerance ?? 1e-4, rounds(analysis.graph, isWeight) ? ROUNDED_TOLERANCE : 0);
  const exact = [...cut.removed].every(([g, gone]) => g.exact || !gone.includes(1));
  const sizes = { ...analysis.shapes.sizes, ...dims };
  const feeds = feedsOfKept(cut, sampleInputs(original.graph, sizes));
  if (!exact) {
    const after = checkOutputs(analysis, cut, await runOnce(runtime, pruned, feedsAfter(cut, pruned, feeds)));
    await checkFinite(analysis, after, runtime, feeds);
    return { exact, lossless: false, layers: 0, unproven: [] };
  }
  const reference = plain(referenceFor(original, edits, lossless));
  const others = feedsOfKept(cut, sampleInputs(original.graph, sizes, "canonical", 1));
  // What one input does not activate, another may.
  const more = lossless ? [negated(feeds), others, negated(others)] : [];
  const all = [feeds, ...more] as const;
  const parts = { analysis, reference, lossless, cut, pruned: smooth, runtime, tolerance, feeds: all, chunkBytes };
  const { outputs, ...found } = await inPartsOrWhole({ ...parts, feedAbove: FEED_ABOVE });
  const limit = lossless ? Math.min(tolerance, LOSSLESS_TOLERANCE) : tolerance;
  const narrow = all.map((values) => feedsAfter(cut, pruned, values));
  const afters = await runAll(runtime, smooth, narrow);
  if (smooth !== pruned) checkOutputs(analysis, cut, await runOnce(runtime, pruned, narrow[0]!));
  const run = (values: RunValues): Promise<RunValues> => runOnce(runtime, smooth, values);
  const ends = [];
  for (const [i, whole] of outputs.entries()) {
    const after = checkOutputs(analysis, cut, afters[i]!);
    const before = Object.fromEntries(Object.entries(whole).map(([name, v]) => [name, sliceValue(v, cut.axesOf(name))])); // prettier-ignore
    ends.push(...(await compareOutputs({ before, after, tolerance: limit, feeds: narrow[i]!, run })));
  }
  if (ends.length && !found.proven && !ends.some((end) => end.proven)) {
    throw errorVerification("all values are nowhere finite, before and after, so that nothing could be compared");
  }
  return {
    exact,
    lossless,
    maskedError: Math.max(0, ...ends.map((end) => end.error)),
    layerError: found.layerError,
    layers: found.layers,
    unproven: [...new Set([...found.unproven, ...ends.filter((end) => !end.proven).map((end) => end.name)])],
  };
}

/**
 * Checks a graph whose weights were changed since the cut was proven: it loads, runs, and yields what it should.
 * @throws {PruneError} `verification-failed`, `runtime-failed`
 */
export async function checkRuns(
  analysis: Analysis,
  cut: Cut,
  pruned: Graph,
  runtime: Runtime,
  dims: DimSizes = {},
): Promise<void> {
  const feeds = feedsOfKept(cut, sampleInputs(analysis.graph, { ...analysis.shapes.sizes, ...dims }));
  const after = await runOnce(runtime, pruned, feedsAfter(cut, pruned, feeds));
  await checkFinite(analysis, checkOutputs(analysis, cut, after), runtime, feeds);
}

/** In parts; or, for a graph whose parts cannot hand over what they must, with everything in one session per graph. */
async function inPartsOrWhole(options: SideBySideOptions): Promise<SideBySide> {
  try {
    return await runSideBySide(options);
  } catch (error) {
    if (!isPruneError(error) || error.code !== "runtime-failed") throw error;
    await runOnce(options.runtime, options.pruned, feedsAfter(options.cut, options.pruned, options.feeds[0])); // if it is at fault, this tells more than a part could
    return runSideBySide({ ...options, chunkBytes: Infinity, feedAbove: Infinity });
  }
}

const runOnce = async (runtime: Runtime, graph: Graph, feeds: RunValues): Promise<RunValues> =>
  (await runAll(runtime, graph, [feeds]))[0]!;

async function runAll(runtime: Runtime, graph: Graph, all: readonly RunValues[]): Promise<RunValues[]> {
  const session = await runtime.open(graph, { cpu: true, optimize: false });
  try {
    const results: RunValues[] = [];
    for (const feeds of all) results.push(await session.run(feeds));
    return results;
  } finally {
    await session.release();
  }
}

const negated = (feeds: RunValues): RunValues =>
  Object.fromEntries(
    Object.entries(feeds).map(([name, value]) => {
      const { data } = value;
      return [name, data instanceof Float32Array ? { ...value, data: data.map((x) => -x) } : value];
    }),
  );

function checkOutputs({ graph, shapes }: Analysis, cut: Cut, outputs: RunValues): RunValues {
  for (const { name } of graph.outputs) {
    const got = outputs[name];
    const kept = cut.axesOf(name);
    const dims = shapes.canonical.get(name)?.map((size, axis) => kept.get(axis)?.length ?? size);
    if (!got) throw errorVerification(`output "${name}" is missing`);
    if (dims && String(dims) !== String(got.dims))
      throw errorVerification(`output "${name}" has shape [${got.dims}] instead of [${dims}]`);
  }
  return outputs;
}

/** What is not finite must not be so in the original either, which only then is run as well. */
async function checkFinite({ graph }: Analysis, after: RunValues, runtime: Runtime, feeds: RunValues): Promise<void> {
  const broken = graph.outputs.filter((v) => !isFinite(after[v.name]!));
  if (!broken.length) return;
  const before = await runOnce(runtime, graph, feeds);
  const wrong = broken.find((v) => isFinite(before[v.name]!));
  if (wrong) throw errorVerification(`output "${wrong.name}" holds values that are not finite; the original's are`);
}

const isFinite = (value: RunTensor): boolean => floatsIn(value)?.every(Number.isFinite) ?? true;
