import { batchesOf, floatsOf, hasFixedBatch, type DataSource, type Graph, type Runtime } from "@prune/core";

/**
 * How far networks are from an original: the sum of squared differences of their float outputs over all samples, as a
 * fraction of the sum of the original's squares.
 */
export async function outputError(
  runtime: Runtime,
  original: Graph,
  graphs: readonly Graph[],
  data: DataSource,
): Promise<number[]> {
  const sessions = [];
  try {
    for (const graph of [original, ...graphs]) sessions.push(await runtime.open(graph));
    let whole = 0;
    const errors = graphs.map(() => 0);
    for (const [from, to] of batchesOf(data, hasFixedBatch(original))) {
      const feeds = data.batch(from, to);
      const [wanted, ...got] = await inTurn(sessions, (session) => session.run(feeds));
      for (const [name, { dtype, data: values }] of Object.entries(wanted!)) {
        if (!dtype.startsWith("float") || dtype === "float16") continue;
        for (const v of values as Float32Array) whole += v * v;
        got.forEach((found, i) => (errors[i]! += distance(values as Float32Array, floatsOf(found[name]!))));
      }
    }
    return errors.map((error) => error / Math.max(whole, Number.MIN_VALUE));
  } finally {
    for (const session of sessions) await session.release();
  }
}

async function inTurn<T, R>(items: readonly T[], call: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (const item of items) results.push(await call(item));
  return results;
}

function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i]! - b[i]!) ** 2;
  return sum;
}
