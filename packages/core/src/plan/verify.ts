import { errorVerification, isPruneError } from "../errors.ts";
import type { Graph } from "../graph/graph.ts";
import type { Runtime, RunTensor, RunValues } from "../model.ts";
import type { Analysis } from "../solver/analyze.ts";
import { sampleInputs, type DimSizes } from "../solver/sample-inputs.ts";
import type { Cut } from "./cut.ts";
import { CHUNK_BYTES } from "./verify/chunks.ts";
import { difference, toleranceFor } from "./verify/compare.ts";
import { runSideBySide, type SideBySide, type SideBySideOptions } from "./verify/side-by-side.ts";

/** What verification found. */
export interface Verification {
  /** Whether the masked original could be compared: every cut is exact. Otherwise only loading, shapes and finiteness were checked. */
  readonly exact: boolean;
  /** max |a − b| / max |a| over the outputs. */
  readonly maskedError: number;
  /** The same for every layer by itself, on fresh inputs; the worst. */
  readonly layerError: number;
  /** Number of layers compared. */
  readonly layers: number;
  /** Layers and outputs that read or give no finite number in either graph, so that comparing them showed nothing. */
  readonly unproven: readonly string[];
}

export interface VerifyOptions {
  /** Largest relative difference accepted. Default 1e-4 (5e-3 where values are of half precision). */
  readonly tolerance?: number;
  readonly dims?: DimSizes;
  /**
   * The original is loaded in parts of about this many bytes, so that checking a model takes little more memory than
   * holding it. Default 24 MiB.
   */
  readonly chunkBytes?: number;
}

/** Size in bytes above which weights stay out of the messages that sessions are made from. */
const FEED_ABOVE = 2 ** 16;

/**
 * Proves a cut: the pruned graph computes what the original computes with every cut slice of its weights set to zero,
 * end to end and layer by layer on fresh inputs (deep networks forget errors, as they forget their inputs). The pruned
 * graph is also loaded and run as the whole that it will be.
 * @throws {PruneError} `verification-failed`, `runtime-failed`
 */
export async function verify(
  analysis: Analysis,
  cut: Cut,
  pruned: Graph,
  runtime: Runtime,
  options: VerifyOptions = {},
): Promise<Verification> {
  const { tolerance = 1e-4, dims = {}, chunkBytes = CHUNK_BYTES } = options;
  const exact = [...cut.removed].every(([g, gone]) => g.exact || !gone.includes(1));
  const feeds = sampleInputs(analysis.graph, { ...analysis.shapes.sizes, ...dims });
  if (!exact) {
    const after = checkOutputs(analysis, await runOnce(runtime, pruned, feeds));
    await checkFinite(analysis, after, runtime, feeds);
    return { exact, maskedError: NaN, layerError: NaN, layers: 0, unproven: [] };
  }
  const parts = { analysis, cut, pruned, runtime, tolerance, feeds, chunkBytes, feedAbove: FEED_ABOVE };
  const { outputs, ...found } = await inPartsOrWhole(parts);
  const after = checkOutputs(analysis, await runOnce(runtime, pruned, feeds));
  const ends = Object.entries(outputs).map(([name, before]) => ({
    name,
    ...differ(name, before, after[name]!, tolerance),
  }));
  if (ends.length && !found.proven && !ends.some((end) => end.proven)) {
    throw errorVerification("all values are nowhere finite, before and after, so that nothing could be compared");
  }
  return {
    exact,
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
  pruned: Graph,
  runtime: Runtime,
  dims: DimSizes = {},
): Promise<void> {
  const feeds = sampleInputs(analysis.graph, { ...analysis.shapes.sizes, ...dims });
  await checkFinite(analysis, checkOutputs(analysis, await runOnce(runtime, pruned, feeds)), runtime, feeds);
}

/** In parts; or, for a graph whose parts cannot hand over what they must, with everything in one session per graph. */
async function inPartsOrWhole(options: SideBySideOptions): Promise<SideBySide> {
  try {
    return await runSideBySide(options);
  } catch (error) {
    if (!isPruneError(error) || error.code !== "runtime-failed") throw error;
    await runOnce(options.runtime, options.pruned, options.feeds); // if it is at fault, this tells more than a part could
    return runSideBySide({ ...options, chunkBytes: Infinity, feedAbove: Infinity });
  }
}

async function runOnce(runtime: Runtime, graph: Graph, feeds: RunValues): Promise<RunValues> {
  const session = await runtime.open(graph, { cpu: true, optimize: false });
  try {
    return await session.run(feeds);
  } finally {
    await session.release();
  }
}

function checkOutputs({ graph, shapes }: Analysis, outputs: RunValues): RunValues {
  for (const { name } of graph.outputs) {
    const got = outputs[name];
    const dims = shapes.canonical.get(name);
    if (!got) throw errorVerification(`output "${name}" is missing`);
    if (dims && String(dims) !== String(got.dims))
      throw errorVerification(`output "${name}" has shape [${got.dims}] instead of [${dims}]`);
  }
  return outputs;
}

function differ(name: string, before: RunTensor, after: RunTensor, tolerance: number): ReturnType<typeof difference> {
  const found = difference(before, after);
  const limit = toleranceFor(before.dtype, tolerance);
  if (found.error > limit)
    throw errorVerification(`output "${name}" differs by ${found.error.toExponential(2)} (limit ${limit})`);
  return found;
}

/** What is not finite must not be so in the original either, which only then is run as well. */
async function checkFinite({ graph }: Analysis, after: RunValues, runtime: Runtime, feeds: RunValues): Promise<void> {
  const broken = graph.outputs.filter((v) => !isFinite(after[v.name]!));
  if (!broken.length) return;
  const before = await runOnce(runtime, graph, feeds);
  const wrong = broken.find((v) => isFinite(before[v.name]!));
  if (wrong) throw errorVerification(`output "${wrong.name}" holds values that are not finite; the original's are`);
}

const isFinite = ({ data }: RunTensor): boolean =>
  !(data instanceof Float32Array || data instanceof Float64Array) || data.every(Number.isFinite);
