import type { Graph, RecoveryContext, RecoveryNotes, RecoveryStep } from "@prune/core";
import { outputError } from "./output-error.ts";

export type Recovered = Awaited<ReturnType<RecoveryStep["recover"]>>;

/**
 * The better of a network before and after a step: its outputs on the calibration samples come closer to the original's,
 * or it stays as it was, also where they are not finite. Notes say how far they are from them.
 */
export async function closer(
  { analysis, pruned, runtime, data }: RecoveryContext,
  graph: Graph,
  notes: RecoveryNotes,
): Promise<Recovered> {
  const [before, after] = await outputError(runtime, analysis, [pruned, graph], data);
  const isKnown = Number.isFinite(before) && Number.isFinite(after);
  const measured = isKnown ? { ...notes, outputError: { before: before!, after: after! } } : notes;
  if (isKnown && after! <= before!) return { graph, notes: measured };
  const what = isKnown ? "came no closer to the original's" : "on the samples are not all finite numbers";
  const rejected = `The outputs ${what}, so that all weights stay as they were.`;
  return { graph: pruned, notes: { ...measured, layers: 0, remarks: [...(notes.remarks ?? []), rejected] } };
}
