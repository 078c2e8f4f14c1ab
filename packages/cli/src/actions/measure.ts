import { type Model, runnableSizes } from "@prune/core";
import type { MeasuredLatency } from "@prune/report";
import type { ProviderFlags, RuntimeFlags } from "../flags.ts";
import { measureLatency } from "../lib/latency.ts";

export type { MeasuredLatency } from "@prune/report";

/** Measures models side by side, the way the flags say. */
export async function measure(models: readonly Model[], { threads, dim }: RuntimeFlags): Promise<MeasuredLatency> {
  // TensorFlow.js has one thread in Node, whatever the machine has.
  const single = models.some(({ runtime }) => runtime.name === "tfjs");
  const report = await measureLatency(models, { threads: single ? 1 : threads, dims: dim });
  return { ...report, provider: providerOf(models[0]!) };
}

/**
 * Runs a model once on the providers that were asked for: it was verified on the CPU, and would otherwise meet them
 * for the first time when it is used. @returns the provider in use
 */
export async function tryProviders(
  model: Model,
  { ep, dim }: ProviderFlags & RuntimeFlags,
): Promise<string | undefined> {
  if (!ep) return undefined;
  const session = await model.runtime.open(model.graph);
  try {
    await runnableSizes(model.graph, session, dim);
    return providerOf(model);
  } finally {
    await session.release();
  }
}

function providerOf({ runtime }: Model): string {
  const { inUse } = runtime as { readonly inUse?: () => string | undefined };
  return inUse?.() ?? runtime.name;
}
