import { onnxModel } from "@prune/backend-onnx";
import type { Graph, RunTensor } from "@prune/core";
import { Network } from "@prune/core/testing";
import fc from "fast-check";
import { expect, test } from "vitest";
import { ctc, type CtcOptions, gradientGraph, sgd, train } from "../src/index.ts";
import { LABELS } from "../src/forward.ts";
import { runtime } from "./node-graph.ts";

/** Scores are the weight itself. */
function scoresGraph(values: ArrayLike<number>, dims: readonly number[]): Graph {
  const net = new Network();
  net.op("Add", [net.input("x", [1]), net.weight("w", dims, values)], {}, dims, "y");
  return net.graph("y");
}

/** Loss, and its gradient with respect to the scores. */
async function lossOf(scores: ArrayLike<number>, dims: readonly number[], labels: number[][], options?: CtcOptions) {
  const given = [labels.length, labels[0]!.length];
  const graph = scoresGraph(scores, dims);
  const made = await gradientGraph({ graph, runtime, dims: { x: [1] }, loss: ctc(options), labels: given });
  const session = await runtime.open(made.graph);
  const tensor: RunTensor = { dtype: "int64", dims: given, data: BigInt64Array.from(labels.flat(), BigInt) };
  const results = await session.run({ x: { dtype: "float32", dims: [1], data: new Float32Array(1) }, [LABELS]: tensor }); // prettier-ignore
  await session.release();
  return { loss: Number(results[made.loss]!.data[0]), gradient: results[made.weights.get("w")!]!.data as Float32Array };
}

/** −log of the sum of the probabilities of all `C^T` sequences of classes that read as the labels. */
function byEnumeration(scores: number[][], labels: readonly number[], blank: number): number {
  const steps = scores.map((row) => {
    const total = row.reduce((sum, s) => sum + Math.exp(s), 0);
    return row.map((s) => Math.exp(s) / total);
  });
  const wanted = labels.filter((l) => l >= 0).join();
  let sum = 0;
  const visit = (t: number, probability: number, path: number[]): void => {
    if (t < steps.length) return steps[t]!.forEach((p, c) => visit(t + 1, probability * p, [...path, c]));
    const read = path.filter((c, i) => c !== blank && c !== path[i - 1]);
    if (read.join() === wanted) sum += probability;
  };
  visit(0, 1, []);
  return sum ? -Math.log(sum) : 0;
}

test("by hand: one label in two steps, of which each class is as likely", async () => {
  // Of 4 sequences, (1, 1), (0, 1) and (1, 0) read as label 1.
  const { loss } = await lossOf([0, 0, 0, 0], [1, 2, 2], [[1]]);
  expect(loss).toBeCloseTo(-Math.log(3 / 4), 5);
});

test("a label that is no class cannot be read: the sample counts nothing", async () => {
  expect((await lossOf([0, 0, 0, 0], [1, 2, 2], [[2]])).loss).toBeCloseTo(0, 6);
});

const score = fc.integer({ min: -20, max: 20 }).map((v) => v / 10);
const sample = (steps: number, classes: number) =>
  fc.array(fc.array(score, { minLength: classes, maxLength: classes }), { minLength: steps, maxLength: steps });

test("agrees with the sum over all sequences: repeated labels, short ones, and those that do not fit", async () => {
  const cases = fc.record({
    scores: fc.array(sample(4, 3), { minLength: 2, maxLength: 2 }),
    labels: fc.array(fc.array(fc.constantFrom(0, 2), { maxLength: 3 }), { minLength: 2, maxLength: 2 }),
    timeFirst: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(cases, async ({ scores, labels, timeFirst }) => {
      const padded = labels.map((own) => [...own, -1, -1, -1].slice(0, 3));
      const expected = (byEnumeration(scores[0]!, labels[0]!, 1) + byEnumeration(scores[1]!, labels[1]!, 1)) / 2;
      const flat = timeFirst ? scores[0]!.flatMap((_, t) => [scores[0]![t]!, scores[1]![t]!]) : scores.flat();
      const { loss } = await lossOf(flat.flat(), timeFirst ? [4, 2, 3] : [2, 4, 3], padded, { blank: 1, timeFirst });
      expect(Math.abs(loss - expected)).toBeLessThan(1e-4);
    }),
    { numRuns: 25 },
  );
}, 60_000);

test("its gradient agrees with differences", async () => {
  const scores = Float32Array.from({ length: 2 * 5 * 4 }, (_, i) => Math.sin(12.9898 * (i + 1)));
  const labels = [[1, 1, 3], [2, -1, -1]]; // prettier-ignore
  const { gradient } = await lossOf(scores, [2, 5, 4], labels);
  for (const at of [0, 7, 13, 22, 39]) {
    const moved = (by: number) => lossOf(scores.map((s, i) => s + (i === at ? by : 0)), [2, 5, 4], labels); // prettier-ignore
    const difference = ((await moved(0.02)).loss - (await moved(-0.02)).loss) / 0.04;
    expect(Math.abs(difference - gradient[at]!)).toBeLessThan(1e-3);
  }
}, 60_000);

test("a network learns to read with it", async () => {
  // Of 12 steps with one feature each, four show 1 or 2 with pauses between: the label is what they show.
  const [count, steps] = [64, 12];
  const x = new Float32Array(count * steps);
  const labels = new BigInt64Array(count * 4);
  for (let n = 0; n < count; n++)
    for (let s = 0; s < 4; s++) {
      const label = 1 + (((n >> s) ^ (n >> 3)) & 1);
      labels[4 * n + s] = BigInt(label);
      x[n * steps + 3 * s + (n % 2)] = label === 1 ? 1 : -1;
    }
  const net = new Network();
  const input = net.input("x", ["N", steps, 1]);
  const graph = net.graph(net.linear("b", net.op("Tanh", [net.linear("a", input, 8)]), 3));
  const data = { inputs: { x: { dtype: "float32" as const, dims: [count, steps, 1], data: x } }, labels: { dtype: "int64" as const, dims: [count, 4], data: labels } }; // prettier-ignore
  const options = { data, loss: ctc(), epochs: 30, batchSize: 32, optimizer: sgd({ learningRate: 0.2 }), threads: 1 };
  const { history } = await train(onnxModel(graph, { runtime }), options);
  expect(history.at(-1)!.loss).toBeLessThan(0.2 * history[0]!.loss);
}, 60_000);

test("what does not fit is an error", async () => {
  const message = (dims: number[], labels: number[][], options?: CtcOptions) =>
    lossOf(new Float32Array(dims.reduce((a, b) => a * b, 1)), dims, labels, options).then(
      () => "nothing",
      (error: unknown) => String(error),
    );
  expect(await message([2, 3], [[1]])).toContain('Loss "ctc" expects scores [N, T, C] of at most 1024 steps');
  expect(await message([1, 1100, 2], [[1]])).toContain("got shape [1, 1100, 2]");
  expect(await message([1, 2, 2], [[1]], { blank: 2 })).toContain("C above the blank 2");
  expect(await message([2, 3, 2], [[1]])).toContain("expects labels [2, S], filled up with -1, got shape [1, 1]");
  expect(() => ctc({ blank: 0.5 })).toThrow("Option blank must be a class, from 0, got 0.5.");
});
