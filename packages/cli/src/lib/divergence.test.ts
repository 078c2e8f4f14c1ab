import type { DataSource, Model, RunTensor } from "@prune/core";
import { expect, test } from "vitest";
import { divergenceMetric } from "./divergence.ts";

/** A model that gives these outputs, one for every sample. */
function giving(outputs: Readonly<Record<string, readonly number[]>>, dtype: "float32" | "int32" = "float32"): Model {
  const slice = (values: readonly number[], from: number, to: number): RunTensor => ({ dtype, dims: [to - from], data: dtype === "float32" ? Float32Array.from(values.slice(from, to)) : Int32Array.from(values.slice(from, to)) }); // prettier-ignore
  const run = ({ at }: Record<string, RunTensor>) => {
    const [from, to] = at!.data as unknown as [number, number];
    return Promise.resolve(
      Object.fromEntries(Object.entries(outputs).map(([name, all]) => [name, slice(all, from, to)])),
    );
  };
  const graph = {
    inputs: [{ name: "at", dtype: "int32", dims: ["range"] }],
    outputs: Object.keys(outputs).map((name) => ({ name })),
  };
  return {
    graph,
    runtime: { open: () => Promise.resolve({ run, release: () => Promise.resolve() }) },
  } as unknown as Model;
}

const data: DataSource = {
  count: 3,
  batchSize: 2,
  batch: (from: number, to: number) => ({ at: { dtype: "int32", dims: [2], data: Int32Array.of(from, to) } }),
} as unknown as DataSource;

test("the squared distance of all outputs, as part of the original's square", async () => {
  const original = giving({ y: [1, 2, 0], z: [2, 0, 4] });
  // (0 + 1 + 1) + (0 + 0 + 9) over (1 + 4) + (4 + 16)
  expect(await divergenceMetric.measure(giving({ y: [1, 1, 1], z: [2, 0, 1] }), data, original)).toBe(11 / 25);
  expect(await divergenceMetric.measure(original, data, original)).toBe(0);
  expect(await divergenceMetric.measure(giving({ y: [0, 0, 0], z: [0, 0, 0] }), data, original)).toBe(1);
  expect(divergenceMetric.better).toBe("lower");
});

test("needs an output of floats", async () => {
  const [a, b] = [giving({ y: [1, 2, 3] }, "int32"), giving({ y: [1, 2, 3] }, "int32")];
  await expect(divergenceMetric.measure(b, data, a)).rejects.toThrow("compares outputs of floats, and the model has none"); // prettier-ignore
});
