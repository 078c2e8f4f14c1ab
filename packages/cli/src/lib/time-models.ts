import { type DimSizes, type Model, runnableSizes, sampleInputs, type Session } from "@prune/core";
import type { Latency, LatencyReport } from "@prune/report";

/** How latency is measured. */
export interface TimingOptions {
  /** Sizes for dynamic dimensions; default batch 1, images 64, sequences 16, or others where the first model does not run at these. */
  readonly dims?: DimSizes | undefined;
  /** Threads within an operator, set explicitly since a runtime's own choice differs between machines. */
  readonly threads: number;
  /** About how long all runs together may take, in seconds. Default 2. */
  readonly seconds?: number | undefined;
}

export type { Latency, LatencyReport } from "@prune/report";

const WARM_UP = 3;
const MIN_RUNS = 11;
const MAX_RUNS = 201;

/**
 * Measures models side by side: one run of each in turn, so that whatever else the machine does meets all of them.
 * @throws {PruneError} `runtime-failed`
 */
export async function timeModels(models: readonly Model[], options: TimingOptions): Promise<LatencyReport> {
  const { threads, seconds = 2 } = options;
  const open: Session[] = [];
  try {
    for (const { runtime, graph } of models) open.push(await runtime.open(graph, { threads }));
    const dims = models[0] && (await runnableSizes(models[0].graph, open[0]!, options.dims));
    const sessions = models.map(({ graph }, k) => ({ session: open[k]!, feeds: sampleInputs(graph, dims) }));
    const times: number[][] = models.map(() => []);
    const round = async (): Promise<number[]> => {
      const taken: number[] = [];
      for (const { session, feeds } of sessions) {
        const start = performance.now();
        await session.run(feeds);
        taken.push(performance.now() - start);
      }
      return taken;
    };
    let last: number[] = [];
    for (let i = 0; i < WARM_UP; i++) last = await round();
    const cost = last.reduce((a, b) => a + b, 0);
    const runs = Math.min(MAX_RUNS, Math.max(MIN_RUNS, Math.floor((seconds * 1000) / cost)));
    for (let i = 0; i < runs; i++) (await round()).forEach((ms, k) => times[k]!.push(ms));
    return { models: times.map(summary), runs, threads };
  } finally {
    for (const session of open) await session.release();
  }
}

/** Median and quartiles of some times. */
function summary(times: readonly number[]): Latency {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (fraction: number): number => sorted[Math.round(fraction * (sorted.length - 1))]!;
  return { median: at(0.5), quartiles: [at(0.25), at(0.75)] };
}
