import { expect, test } from "vitest";
import type { RunTensor, RunValues } from "../../model.ts";
import { compareOutputs } from "./outputs.ts";

const floats = (...data: number[]): RunTensor => ({
  dtype: "float32",
  dims: [data.length],
  data: Float32Array.from(data),
});
const x = floats(1, 2, -4);

/** @param moves how far rounding its inputs moves the output, which is 1 */
const compared = (before: number, after: number, moves = 0) => {
  const seen: RunValues[] = [];
  const run = (feeds: RunValues): Promise<RunValues> => (seen.push(feeds), Promise.resolve({ y: floats(after + moves) }));
  const input = { before: { y: floats(before) }, after: { y: floats(after) }, tolerance: 1e-4, feeds: { x }, run };
  return { seen, found: compareOutputs(input) };
}; // prettier-ignore

test("outputs that agree are not run again", async () => {
  const { found, seen } = compared(1, 1.00005);
  expect((await found)[0]!.error).toBeCloseTo(5e-5, 6);
  expect(seen).toEqual([]);
});

test("a difference is rounding if that of the inputs makes as much of one", async () => {
  const { found, seen } = compared(1, 1.001, 0.0001);
  expect((await found)[0]).toMatchObject({ name: "y", proven: true });
  const [a, b, c] = seen[0]!["x"]!.data as Float32Array;
  expect([a! - 1, b! - 2, c! + 4]).toEqual([2 ** -23, -(2 ** -22), -(2 ** -21)]);
});

test.each([
  ["rounding makes less of one", 1.001, 0.00005],
  ["rounding makes none", 1.001, 0],
  ["it is more than rounding is ever taken to be", 1.02, 0.5],
  ["it is not finite", NaN, 0.5],
])("a difference is an error where %s", async (_, after, moves) => {
  await expect(compared(1, after, moves).found).rejects.toMatchObject({ code: "verification-failed" });
});

test("outputs close to zero are measured by a scale of 0.001, as a sigmoid far below zero is rounded", async () => {
  const { found } = compared(2e-5, 2.003e-5);
  expect((await found)[0]!.error).toBeCloseTo(3e-5, 7);
  await expect(compared(2e-5, 2.05e-5).found).rejects.toThrow(/"y" differs by 5.00e-4 \(limit 0.0001\)/);
});
