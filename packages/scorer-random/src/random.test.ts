import type { ScoreContext } from "@prune/core";
import { checkScorer, sampleGroup } from "@prune/core/testing";
import { expect, test } from "vitest";
import { random } from "./random.ts";

const group = sampleGroup(Array.from({ length: 64 }, (_, i) => [i]));
const context = (seed: number): ScoreContext => ({ seed }) as ScoreContext;

test("numbers lie in [0, 1) and differ", () => {
  const scores = Array.from(random().score(group, context(0)) as Float32Array);
  expect(scores.every((s) => s >= 0 && s < 1)).toBe(true);
  expect(new Set(scores).size).toBe(64);
});

test("the seed decides: its own before the run's", () => {
  const scores = (own: number | undefined, run: number): string =>
    (random(own === undefined ? {} : { seed: own }).score(group, context(run)) as Float32Array).join();
  expect(scores(undefined, 1)).toBe(scores(undefined, 1));
  expect(scores(undefined, 1)).not.toBe(scores(undefined, 2));
  expect(scores(1, 2)).toBe(scores(1, 3));
});

test("keeps the laws of a scorer", async () => {
  expect(await checkScorer(random(), group, context(3))).toEqual([]);
});
