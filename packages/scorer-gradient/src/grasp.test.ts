import { checkScorer } from "@prune/core/testing";
import { expect, test } from "vitest";
import { said } from "../test/said.ts";
import { grasp } from "./grasp.ts";

const out = [[1, 2], [3, 4]]; // prettier-ignore

test("is θ·(H·g), so that what lowers the gradient flow most by staying goes first", async () => {
  const hessian = { out: [0.5, -1, 0, 2], into: [-3, 0.25] };
  const { neurons, first, second } = await said(grasp(), { hessian }, out, [[5, 6]]);
  expect(await first()).toEqual([0.5, -2, 0, 8]);
  expect(await second()).toEqual([-15, 1.5]);
  expect(await neurons()).toEqual([-16.5, 9.5]);
});

test("a gradient flow that removal would raise makes a weight less important than one it would lower", async () => {
  // L = (a² + 3b²)/2 at a = b = 1: g = (1, 3), H·g = (1, 9). Without a, gᵀg falls by 1 of 10; without b by 9.
  const { first } = await said(grasp(), { hessian: { out: [1, 9] } }, [[1, 1]]);
  expect(await first()).toEqual([1, 9]);
});

test("a provider without H·g is an error", async () => {
  const { first } = await said(grasp(), {}, out);
  await expect(first()).rejects.toThrow('Scorer "grasp" needs the Hessian times the gradient');
});

test("keeps the laws of a scorer", async () => {
  expect(await checkScorer(grasp())).toEqual([]);
});
