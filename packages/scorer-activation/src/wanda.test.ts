import { checkScorer } from "@prune/core/testing";
import { expect, test } from "vitest";
import { said } from "../test/evidence.ts";
import { wanda } from "./wanda.ts";

// Norms: ‖(3, 4)‖₂ and ‖(0, 2)‖₂, divided by √2.
const seen = { x: [[1]], read: [[3, -4], [0, 2]] }; // prettier-ignore
const round = (x: number): number => Math.round(x * 1e4) / 1e4;

test("of a connection, is |W|·‖X‖₂ / √n", async () => {
  const { second } = await said(wanda(), seen, [[1], [1]], [[2, -3], [0, 1]]); // prettier-ignore
  expect(await second()).toEqual([10, 6, 0, 2].map((s) => round(s / Math.SQRT2)));
});

test("of a neuron, is the norm of its outgoing weights times that of its activations", async () => {
  const { neurons } = await said(wanda(), seen, [[99], [1]], [[3, 0], [4, -2]]); // prettier-ignore
  expect(await neurons()).toEqual([5 * 5, 2 * 2].map((s) => round(s / Math.SQRT2)));
});

test("the same samples shown twice change nothing", async () => {
  const twice = { x: [[1]], read: seen.read.map((row) => [...row, ...row]) };
  const [once, again] = await Promise.all([seen, twice].map((s) => said(wanda(), s, [[1], [1]], [[1, 2]]))); // prettier-ignore
  expect(await again!.second()).toEqual(await once!.second());
});

test("keeps the laws of a scorer", async () => {
  expect(await checkScorer(wanda())).toEqual([]);
});
