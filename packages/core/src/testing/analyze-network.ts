import { analyze, type Analysis, type AnalyzeOptions } from "../solver/analyze.ts";
import type { Network } from "./network.ts";

/** Analyses a network built for a test, with some of its values as outputs; no runtime is needed. */
export function analyzeNetwork(
  network: Network,
  outputs: string | readonly string[],
  options: AnalyzeOptions = {},
): Promise<Analysis> {
  const graph = network.graph(...(typeof outputs === "string" ? [outputs] : outputs));
  return analyze(graph, (unshared) => Promise.resolve(network.shapes(unshared)), options);
}
