import { checkScorer } from "@prune/core/testing";
import { expect, test } from "vitest";
import { said } from "../test/evidence.ts";
import { activation } from "./activation.ts";

const two = [[1], [1]]; // prettier-ignore

test("is the mean |y| of what is read of a neuron, not of what its layer yields", async () => {
  const seen = { x: [[9]], hidden: [[-8, -8], [5, 0]], read: [[1, -2], [0, 5]] }; // prettier-ignore
  const { neurons } = await said(activation(), seen, two, [[1, 1]]);
  expect(await neurons()).toEqual([1.5, 2.5]);
});

test("is of what the layer yields where nothing reads it", async () => {
  const { neurons } = await said(activation(), { x: [[9]], hidden: [[-8, -6], [5, 0]] }, two); // prettier-ignore
  expect(await neurons()).toEqual([7, 2.5]);
});

test("of a weight, is that of its input", async () => {
  const { second } = await said(activation(), { x: [[9]], read: [[1, -2], [0, 5]] }, two, [[7, 0], [-1, 3]]); // prettier-ignore
  expect(await second()).toEqual([1.5, 2.5, 1.5, 2.5]);
});

test("keeps the laws of a scorer", async () => {
  expect(await checkScorer(activation())).toEqual([]);
});
