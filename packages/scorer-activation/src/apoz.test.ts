import { checkScorer } from "@prune/core/testing";
import { expect, test } from "vitest";
import { said } from "../test/evidence.ts";
import { apoz } from "./apoz.ts";

const seen = { x: [[1]], read: [[0, 0, 0, 7], [0, 1, 2, 3]] }; // prettier-ignore

test("is the fraction of activations that are not zero, so that what is mostly zero goes first", async () => {
  const { neurons } = await said(apoz(), seen, [[1], [1]], [[1, 1]]); // prettier-ignore
  expect(await neurons()).toEqual([0.25, 0.75]);
});

test("of a weight, is that of its input", async () => {
  const { second } = await said(apoz(), seen, [[1], [1]], [[5, -5], [0, 1]]); // prettier-ignore
  expect(await second()).toEqual([0.25, 0.75, 0.25, 0.75]);
});

test("keeps the laws of a scorer", async () => {
  expect(await checkScorer(apoz())).toEqual([]);
});
