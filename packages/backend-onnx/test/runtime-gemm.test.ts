import { cholesky, multiply, runtimeGemm, type Runtime } from "@prune/core";
import { expect, test } from "vitest";
import { onnxruntimeNode, ortRuntime } from "../src/node/index.ts";

const draw = (size: number): Float64Array => Float64Array.from({ length: size }, (_, i) => Math.sin(i * 1.7));

/** ONNX Runtime, and how many graphs it was asked to open. */
function counting(): { runtime: Runtime; opened: () => number } {
  const runtime = ortRuntime(onnxruntimeNode);
  let count = 0;
  const open: Runtime["open"] = (graph, options) => {
    count++;
    return runtime.open(graph, options);
  };
  return { runtime: { ...runtime, name: runtime.name, open }, opened: () => count };
}

const largest = (a: Float64Array, b: Float64Array): number =>
  a.reduce((worst, v, i) => Math.max(worst, Math.abs(v - b[i]!)), 0);

test("large products run in ONNX Runtime, in double precision; small ones do not", async () => {
  const { runtime, opened } = counting();
  const { gemm, release } = runtimeGemm(runtime);
  expect([...(await gemm(Float64Array.of(1, 2), Float64Array.of(3, 4), 1, 2, 1))]).toEqual([11]);
  expect(opened()).toBe(0);
  const [m, k, n] = [300, 200, 150];
  const [a, b] = [draw(m * k), draw(n * k)];
  expect(largest(await gemm(a, b, m, k, n), multiply(a, b, m, k, n))).toBeLessThan(1e-11);
  await gemm(a, b, m, k, n);
  expect(opened()).toBe(1);
  await release();
});

test("factors a matrix as JavaScript alone does", async () => {
  const n = 600;
  const x = draw(n * n);
  const a = multiply(x, x, n, n, n);
  for (let i = 0; i < n; i++) a[i * n + i]! += n;
  const { gemm, release } = runtimeGemm(ortRuntime(onnxruntimeNode));
  expect(largest((await cholesky(a, n, gemm))!, (await cholesky(a, n))!)).toBeLessThan(1e-10);
  await release();
});

test("a runtime without double precision leaves products to JavaScript", async () => {
  const runtime: Runtime = { name: "none", open: () => Promise.reject(new Error("float64 is not supported")) };
  const { gemm, release } = runtimeGemm(runtime);
  const size = 256;
  const a = draw(size * size);
  expect(await gemm(a, a, size, size, size)).toEqual(multiply(a, a, size, size, size));
  await release();
});
