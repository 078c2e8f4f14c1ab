import type { DataSource, Model, RunTensor } from "@prune/core";
import { describe, expect, test } from "vitest";
import { perplexity } from "./perplexity.ts";

/** A model that gives its input as scores. */
const model = {
  graph: { inputs: [{ name: "x", dims: ["N", "S", 4] }], outputs: [{ name: "y", dims: ["N", "S", 4] }] },
  runtime: {
    open: () => Promise.resolve({ run: ({ x }: { x: RunTensor }) => Promise.resolve({ y: x }), release: () => Promise.resolve() }), // prettier-ignore
  },
} as unknown as Model;

/** Two texts of two tokens, of which every label has a chance of `chances`; the other three classes share the rest. */
const texts = (chances: readonly number[], labels: readonly number[] = [0, 1, 2, 3]): DataSource => ({
  count: 2,
  batchSize: 1,
  labels: Int32Array.from(labels),
  labelDims: [2],
  batch: (from, to) => ({
    x: {
      dtype: "float32",
      dims: [to - from, 2, 4],
      data: Float32Array.from(chances.slice(2 * from, 2 * to).flatMap((p, i) => [0, 1, 2, 3].map((c) => 7 + Math.log(c === labels[2 * from + i] ? p : (1 - p) / 3)))), // prettier-ignore
    },
  }),
});

test("one over the geometric mean of what labels were given", async () => {
  expect(await perplexity.measure(model, texts([0.25, 0.25, 0.25, 0.25]), model)).toBeCloseTo(4, 5);
  expect(await perplexity.measure(model, texts([0.5, 0.125, 0.5, 0.125]), model)).toBeCloseTo(4, 5);
  expect(await perplexity.measure(model, texts([0.9, 0.9, 0.9, 0.9]), model)).toBeCloseTo(1 / 0.9, 5);
});

test("labels below zero do not count", async () => {
  expect(await perplexity.measure(model, texts([0.5, 0.01, 0.5, 0.01], [0, -100, 2, -100]), model)).toBeCloseTo(2, 5);
});

describe("errors", () => {
  test("labels that do not fit", async () => {
    await expect(perplexity.measure(model, texts([1, 1, 1, 1], [0, 1, 2, 4]), model)).rejects.toThrow(
      'Label 4 is none of the 4 classes of "y".',
    );
    await expect(perplexity.measure(model, texts([1, 1, 1, 1], [-1, -1, -1, -1]), model)).rejects.toThrow(
      "Perplexity needs at least one label that is not negative.",
    );
    const each = { ...texts([1, 1, 1, 1]), labels: Int32Array.of(0, 1), labelDims: [] };
    await expect(perplexity.measure(model, each, model)).rejects.toThrow(
      'Output "y" is float32 [1, 2, 4] for labels [1]; perplexity needs scores of floats [N, …, C] and a label for each of [N, …].',
    );
  });
});
