import {
  answersOf,
  batchesOf,
  feedsFor,
  hasFixedBatch,
  isFloat,
  keepFor,
  keepInMemory,
  runOver,
  storedValue,
  tensorOf,
  toFloat32,
  type Answering,
  type DataSource,
  type Graph,
  type Runtime,
  type RunTensor,
  type RunValues,
  type Session,
  type StoredValue,
} from "@prune/core";

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
  const [whole, ...errors] = await (keepFor(runtime, original.graph) ? inTurn : sideBySide)(runtime, original, graphs, data); // prettier-ignore
  return errors.map((error) => error / Math.max(whole!, Number.MIN_VALUE));
}

/** Finds the sum of the squares of the original's answers, and of the differences of each graph's from them. */
type Compare = (...of: Parameters<typeof outputError>) => Promise<number[]>;

/** Runs all networks on one batch after the other. */
const sideBySide: Compare = async (runtime, original, graphs, data) => {
  const all = [original.graph, ...graphs];
  const names = answersOf(original).map((v) => v.name);
  const sums = all.map(() => 0);
  const sessions: Session[] = [];
  try {
    for (const graph of all) sessions.push(await runtime.open(graph));
    for (const [from, to] of batchesOf(data, hasFixedBatch(original.graph))) {
      const feeds = data.batch(from, to);
      let wanted: RunValues | undefined;
      for (const [i, session] of sessions.entries()) {
        const found = await session.run(feedsFor(all[i]!, feeds), names);
        sums[i]! += distance(found, wanted);
        wanted ??= found;
      }
    }
    return sums;
  } finally {
    for (const session of sessions) await session.release();
  }
};

/** Runs one network after the other, each part by part on all samples: their weights are not in memory. */
const inTurn: Compare = async (runtime, original, graphs, data) => {
  const { keep = keepInMemory } = runtime;
  const all = [original.graph, ...graphs];
  const outputs = answersOf(original);
  const singly = { ...data, batch: data.batch, batchSize: hasFixedBatch(original.graph) ? data.batchSize : 1 };
  const wanted: Map<string, StoredValue>[] = [];
  const sums = all.map(() => 0);
  for (const [i, graph] of all.entries()) {
    let at = 0;
    await runOver(runtime, { ...graph, outputs }, singly, (found) => {
      if (i === 0) wanted.push(new Map(Object.entries(found).map(([name, value]) => [name, storedValue(value, keep)])));
      const answers = wanted[at++]!;
      sums[i]! += distance(found, i === 0 ? undefined : Object.fromEntries([...answers].map(([name, value]) => [name, value.read()]))); // prettier-ignore
    });
  }
  for (const value of wanted.flatMap((answers) => [...answers.values()])) value.free();
  return sums;
};

/** The sum of squared differences of what is float in two networks' answers; without the second, of squares. */
function distance(found: RunValues, wanted: RunValues | undefined): number {
  let sum = 0;
  for (const [name, tensor] of Object.entries(found)) {
    if (!isFloat((wanted?.[name] ?? tensor).dtype)) continue;
    const [a, b] = [numbersOf(tensor), wanted && numbersOf(wanted[name]!)];
    for (let i = 0; i < a.length; i++) sum += (a[i]! - (b ? b[i]! : 0)) ** 2;
  }
  return sum;
}

/** Elements of a float result; half precision comes as its bits. */
function numbersOf({ dtype, dims, data }: RunTensor): Float32Array {
  if (data instanceof Float32Array) return data;
  const { buffer, byteOffset, byteLength } = data as Uint16Array;
  return toFloat32(tensorOf("", dtype, dims, new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength)));
}
