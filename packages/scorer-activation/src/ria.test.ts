import { checkScorer } from "@prune/core/testing";
import { expect, test } from "vitest";
import { said } from "../test/evidence.ts";
import { ria } from "./ria.ts";

// Norms over √n: 4 and 9.
const seen = { x: [[1]], read: [[4, -4], [9, 9]] }; // prettier-ignore
const out = [[1], [1]]; // prettier-ignore
const into = [[1, -3], [3, 0]]; // prettier-ignore

test("adds a weight's shares of its column and of its row, and multiplies by the root of the activation's norm", async () => {
  const { second, neurons } = await said(ria(), seen, out, into);
  const shares = [1 / 4 + 1 / 4, 3 / 3 + 3 / 4, 3 / 4 + 3 / 3, 0];
  expect(await second()).toEqual([shares[0]! * 2, shares[1]! * 3, shares[2]! * 2, 0]);
  expect(await neurons()).toEqual([(shares[0]! + shares[2]!) * 2, shares[1]! * 3]);
});

test("the power of the activation is an option; 0 leaves activations out", async () => {
  expect(await (await said(ria({ power: 1 }), seen, out, into)).second()).toEqual([2, 15.75, 7, 0]);
  expect(await (await said(ria({ power: 0 }), seen, out, into)).second()).toEqual([0.5, 1.75, 1.75, 0]);
  expect(() => ria({ power: -1 })).toThrow("Option power must be a number from 0, got -1.");
});

test("the weights' scale does not matter", async () => {
  const scaled = into.map((row) => row.map((w) => w * -8));
  const [own, other] = await Promise.all([into, scaled].map((rows) => said(ria(), seen, out, rows)));
  expect(await other!.second()).toEqual(await own!.second());
});

test("keeps the laws of a scorer", async () => {
  expect(await checkScorer(ria())).toEqual([]);
});
