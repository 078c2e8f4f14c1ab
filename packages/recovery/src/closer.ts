import {
  type Answering,
  answersOf,
  batchesOf,
  feedsFor,
  hasFixedBatch,
  isFloat,
  tensorOf,
  toFloat32,
  type DataSource,
  type Graph,
  type RecoveryContext,
  type RecoveryNotes,
  type RecoveryStep,
  type Runtime,
  type RunTensor,
} from "@prune/core";

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

/**
 * How far networks are from an original: the sum of squared differences of their float outputs over all samples (not of
 * caches, which may have become narrower), as a fraction of the sum of the original's squares.
 */
export async function outputError(
  runtime: Runtime,
  original: Answering,
  graphs: readonly Graph[],
  data: DataSource,
): Promise<number[]> {
  const sessions = [];
  try {
    const all = [original.graph, ...graphs];
    const names = answersOf(original).map((v) => v.name);
    for (const graph of all) sessions.push({ graph, session: await runtime.open(graph) });
    let whole = 0;
    const errors = graphs.map(() => 0);
    for (const [from, to] of batchesOf(data, hasFixedBatch(original.graph))) {
      const values = data.batch(from, to);
      const [wanted, ...got] = await inTurn(sessions, (s) => s.session.run(feedsFor(s.graph, values), names));
      for (const [name, tensor] of Object.entries(wanted!)) {
        if (!isFloat(tensor.dtype)) continue;
        const values = numbersOf(tensor);
        for (const v of values) whole += v * v;
        got.forEach((found, i) => (errors[i]! += distance(values, numbersOf(found[name]!))));
      }
    }
    return errors.map((error) => error / Math.max(whole, Number.MIN_VALUE));
  } finally {
    for (const { session } of sessions) await session.release();
  }
}

async function inTurn<T, R>(items: readonly T[], call: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (const item of items) results.push(await call(item));
  return results;
}

/** Elements of a float result; half precision comes as its bits. */
function numbersOf({ dtype, dims, data }: RunTensor): Float32Array {
  if (data instanceof Float32Array) return data;
  const { buffer, byteOffset, byteLength } = data as Uint16Array;
  return toFloat32(tensorOf("", dtype, dims, new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength)));
}

function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i]! - b[i]!) ** 2;
  return sum;
}
