import type { SessionOptions } from "@prune/core";
import type { OrtSessionOptions } from "./ort.ts";
import type { Provider } from "./providers.ts";

/** Failures reach the caller as errors; ONNX Runtime need not print them as well. */
export const QUIET: OrtSessionOptions = { logSeverityLevel: 4 };

/** ONNX Runtime's own options for a session. */
export function settingsOf(
  { optimize = true, threads = 0 }: SessionOptions,
  executionProviders: readonly Provider[],
  overrides: OrtSessionOptions,
): OrtSessionOptions {
  return {
    ...QUIET,
    executionProviders,
    graphOptimizationLevel: optimize ? "all" : "disabled",
    intraOpNumThreads: threads, // 0: one per core
    interOpNumThreads: 1,
    // Idle threads that spin take the cores from whatever else runs, and then from this session itself.
    extra: { session: { intra_op: { allow_spinning: "0" } } },
    ...overrides,
  };
}
