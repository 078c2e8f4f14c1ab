import { firstOf, type DataSource } from "./data.ts";
import { runOver } from "./evidence/runs.ts";
import type { Graph } from "./graph/graph.ts";
import type { RunTensor } from "./model.ts";
import type { Runtime } from "./model.ts";
import { applyCut } from "./plan/apply-cut.ts";
import { cutOf, type RemovedUnits } from "./plan/cut.ts";
import type { Analysis } from "./solver/analyze.ts";

/** Samples that a divergence is measured on, at most. */
const SAMPLES = 256;

/**
 * Measures how far a network without some units is from the whole one: `Σ (a − b)² / Σ a²` over all float outputs and
 * samples, without labels. Only `analysis`'s own network is run once and remembered.
 */
export function divergenceOf(
  analysis: Analysis,
  runtime: Runtime,
  data: DataSource,
): (removed: RemovedUnits) => Promise<number> {
  const some = firstOf(data, SAMPLES);
  let whole: Promise<Float64Array[]> | undefined;
  return async (removed) => {
    whole ??= outputsOf(analysis.graph, runtime, some);
    const before = await whole;
    const after = await outputsOf(applyCut(analysis, cutOf(analysis, removed)), runtime, some);
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

/** The float outputs of a graph, a list per batch and output. */
async function outputsOf(graph: Graph, runtime: Runtime, data: DataSource): Promise<Float64Array[]> {
  const found: Float64Array[] = [];
  await runOver(runtime, graph, data, (values) => {
    for (const { name } of graph.outputs) {
      const numbers = floatsOf(values[name]!);
      if (numbers) found.push(numbers);
    }
  });
  return found;
}

const floatsOf = ({ data, dtype }: RunTensor): Float64Array | undefined =>
  dtype === "float32" || dtype === "float64" ? Float64Array.from(data as Float32Array) : undefined;
