import type { LinearLayer } from "@prune/core";
import { analyzeNetwork, Network } from "@prune/core/testing";
import { describe, expect, test } from "vitest";
import { contextOf } from "../test/dense.ts";
import { draw, lossOf, moments } from "../test/draw.ts";
import { eliminate } from "./eliminate.ts";
import { obs } from "./obs.ts";
import { eliminatedTogether } from "./unit-losses.ts";

const exact = obs({ damping: 0 });

/** Scores of hidden units that a dense layer of given weights `[outputs, units]` reads, with given second moments. */
async function scoresOf(rows: readonly (readonly number[])[], h: readonly number[]): Promise<number[]> {
  const net = new Network();
  const units = rows[0]!.length;
  const hidden = net.relu(net.gemm("a", net.input("x", ["batch", 3]), units));
  const weight = net.weight("b.weight", [rows.length, units], rows.flat());
  const y = net.op("Gemm", [hidden, weight], { transB: 1 }, ([n] = []) => [n!, rows.length]);
  const analysis = await analyzeNetwork(net, y);
  const group = analysis.groups.find((g) => g.id === "a.weight")!;
  return [...(await exact.score!(group, contextOf(analysis, [h])))];
}

describe("by hand", () => {
  test("of two copies one is free, and the other costs what both carry", async () => {
    const scores = await scoresOf([[2, 3, 4]], [1, 1, 0, 1, 1, 0, 0, 0, 1]);
    for (const [i, score] of [0, 25, 16].entries()) expect(scores[i]).toBeCloseTo(score, 3);
  });

  test("scores keep the order in which units leave, also where a loss falls", async () => {
    // Losses 1, 0.25 and 1.1 in this order, see backward.test.ts; of equal scores the later unit would leave first.
    const [first, second, third] = await scoresOf([[1, 1.5, 1]], [2, -1, 0, -1, 1, 0, 0, 0, 1.1]);
    expect(first).toBeCloseTo(1.25 / 2, 5);
    expect(second).toBeCloseTo(1.25 / 2, 5);
    expect(second!).toBeGreaterThan(first!);
    expect(third).toBeCloseTo(1.1, 5);
  });
});

test("channels of a convolution, with all their kernel positions: the cheapest cost together what least squares lose", async () => {
  const [channels, rows, kernel] = [8, 4, 9];
  const n = channels * kernel;
  const net = new Network();
  const weights = draw(rows * n, 1).map(Math.fround);
  const hidden = net.relu(net.conv("a", net.input("x", ["batch", 3, 8, 8]), channels));
  const weight = net.weight("b.weight", [rows, channels, 3, 3], [...weights]);
  const y = net.op("Conv", [hidden, weight], { kernel_shape: [3, 3] }, ([b] = []) => [b!, rows, 6, 6]);
  const analysis = await analyzeNetwork(net, y);
  const group = analysis.groups.find((g) => g.id === "a.weight")!;
  const h = moments(n, 2); // as evidence has them: channel by channel, as the weight's own layout
  const scores = await exact.score!(group, contextOf(analysis, [[...h]]));
  const order = [...scores.keys()].toSorted((a, b) => scores[a]! - scores[b]!);
  let [sum, compared] = [0, 0];
  for (let k = 1; k < channels; k++) {
    sum += scores[order[k - 1]!]!;
    const gone = Uint8Array.from({ length: n }, (_, c) => (order.slice(0, k).includes(Math.floor(c / kernel)) ? 1 : 0));
    const fitted = weights.slice();
    await eliminate({ weights: fitted, rows, moments: h, target: product(weights, h, n) }, gone, { damping: 0 });
    const loss = lossOf(fitted, weights, h, n);
    expect(sum).toBeLessThan(loss + 1e-4);
    // Where scores were made to rise, sums are the same again when they next do.
    if (scores[order[k]!]! < scores[order[k - 1]!]! * 1.00001) continue;
    expect(sum).toBeCloseTo(loss, 4);
    compared++;
  }
  expect(compared).toBeGreaterThan(1);
});

function product(weights: Float64Array, h: Float64Array, n: number): Float64Array {
  return weights.map((_, at) => {
    let sum = 0;
    for (let j = 0; j < n; j++) sum += weights[at - (at % n) + j]! * h[j * n + (at % n)]!;
    return sum;
  });
}

test("second moments of rank one never fail", async () => {
  for (let seed = 1; seed < 20; seed++) {
    const x = [...draw(6, seed)];
    const scores = await scoresOf([[...draw(6, seed + 20)], [...draw(6, seed + 40)]], x.flatMap((a) => x.map((b) => a * b))); // prettier-ignore
    expect(scores.every((s) => Number.isFinite(s) && s >= 0)).toBe(true);
  }
});

test("layers that take too much memory together are gone through one by one", () => {
  const layers = (features: number): LinearLayer[] => Array.from({ length: 3 }, () => ({ blocks: 1, features, kernel: 1 }) as LinearLayer); // prettier-ignore
  expect(eliminatedTogether(layers(1000)).map((part) => part.length)).toEqual([3]);
  expect(eliminatedTogether(layers(8000)).map((part) => part.length)).toEqual([1, 1, 1]);
});
