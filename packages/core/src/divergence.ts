import { firstOf, type DataSource } from "./data.ts";
import { floatsIn } from "./floats-in.ts";
import { runOver } from "./evidence/runs.ts";
import type { Graph } from "./graph/graph.ts";
import type { RunTensor } from "./model.ts";
import type { Runtime } from "./model.ts";
import { sinkBodies } from "./passes/sink-bodies.ts";
import { applyCut } from "./plan/apply-cut.ts";
import { cutOf, type RemovedUnits } from "./plan/cut.ts";
import type { Analysis } from "./solver/analyze.ts";
import { answersOf } from "./solver/caches.ts";

/** Samples that a divergence is measured on, at most. */
const SAMPLES = 256;

/**
 * Measures how far a network without some units is from the whole one: `Σ (a − b)² / Σ a²` over all float outputs (but
 * caches) and samples, without labels. Only `analysis`'s own network is run once and remembered.
 */
export function divergenceOf(
  analysis: Analysis,
  runtime: Runtime,
  data: DataSource,
): (removed: RemovedUnits) => Promise<number> {
  const some = firstOf(data, SAMPLES);
  const names = answersOf({ ...analysis, graph: sinkBodies(analysis.graph, analysis.bodies) }).map((v) => v.name);
  const answersTo = (graph: Graph): Promise<Float64Array[]> =>
    outputsOf(sinkBodies(graph, analysis.bodies), names, runtime, some);
  let whole: Promise<Float64Array[]> | undefined;
  return async (removed) => {
    whole ??= answersTo(analysis.graph);
    const before = await whole;
    const after = await answersTo(applyCut(analysis, cutOf(analysis, removed)));
    let [apart, size] = [0, 0];
    before.forEach((a, k) => {
      const b = after[k]!;
      for (let i = 0; i < a.length; i++) {
        apart += (a[i]! - b[i]!) ** 2;
        size += a[i]! ** 2;
      }
    });
    // What is not a number is as far as can be.
    return Number.isFinite(apart) ? apart / Math.max(size, Number.MIN_VALUE) : Number.MAX_VALUE;
  };
}

/** Some outputs of a graph as far as they are floats, a list per batch and output. */
async function outputsOf(
  graph: Graph,
  names: readonly string[],
  runtime: Runtime,
  data: DataSource,
): Promise<Float64Array[]> {
  const found: Float64Array[] = [];
  await runOver(runtime, graph, data, (values) => {
    for (const name of names) {
      const numbers = copied(values[name]!);
      if (numbers) found.push(numbers);
    }
  });
  return found;
}

/** A copy: the runtime may use its own again. */
const copied = (value: RunTensor): Float64Array | undefined => {
  const floats = floatsIn(value);
  return floats && Float64Array.from(floats);
};
