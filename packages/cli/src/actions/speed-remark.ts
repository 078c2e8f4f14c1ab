import type { MeasuredLatency } from "@prune/report";

/** Medians that are closer than this are taken to be the same. */
const SAME = 0.02;

/** What to do about a result that computes less and takes as long; undefined where it is faster. */
export function speedRemark({ models }: Pick<MeasuredLatency, "models">): string | undefined {
  const [before, after] = models;
  if (!before || !after || after.median < (1 - SAME) * before.median) return undefined;
  const how = after.median > (1 + SAME) * before.median ? "slower" : "no faster";
  return `On this machine the result is ${how}: what is left runs less well. --target latency=0.7 cuts to a latency as measured here, --round-to 16 leaves widths that run fast.`;
}
