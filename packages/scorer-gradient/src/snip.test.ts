import { checkScorer } from "@prune/core/testing";
import { expect, test } from "vitest";
import { said } from "../test/said.ts";
import { snip } from "./snip.ts";

const out = [[1, 2], [3, 4]]; // prettier-ignore
const mean = { out: [0.5, -1, 0, 2], into: [-1, 0.75] };

test("is |g·w| as a share of all layers' total, here 0.5 + 2 + 0 + 8 + 5 + 4.5 = 20", async () => {
  const { neurons, first, second } = await said(snip(), { mean }, out, [[5, 6]]);
  expect(await first()).toEqual([0.025, 0.1, 0, 0.4]);
  expect(await second()).toEqual([0.25, 0.225]);
  expect(await neurons()).toEqual([0.375, 0.625]);
});

test("without any gradient, all is worth nothing", async () => {
  const { first } = await said(snip(), { mean: { out: [0, 0, 0, 0], into: [0, 0] } }, out, [[5, 6]]);
  expect(await first()).toEqual([0, 0, 0, 0]);
});

test("keeps the laws of a scorer", async () => {
  expect(await checkScorer(snip())).toEqual([]);
});
