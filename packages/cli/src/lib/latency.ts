import { availableParallelism } from "node:os";
import type { Model } from "@prune/core";
import type { LatencyReport } from "@prune/report";
import { timeModels, type TimingOptions } from "./time-models.ts";

/** How latency is measured. */
export interface LatencyOptions extends Omit<TimingOptions, "threads"> {
  /** Threads within an operator. Default: all cores. */
  readonly threads?: number | undefined;
}

export type { LatencyReport } from "@prune/report";

/**
 * Measures models side by side; see `timeModels`.
 * @throws {PruneError} `runtime-failed`
 */
export function measureLatency(models: readonly Model[], options: LatencyOptions = {}): Promise<LatencyReport> {
  const { threads = availableParallelism(), ...rest } = options;
  return timeModels(models, { ...rest, threads });
}
