import { expect, test } from "vitest";
import type { ChannelGroup } from "../solver/channel-group.ts";
import { checkLevels, levelsOf } from "./levels.ts";

const group = (size: number, width = 1, kind: ChannelGroup["kind"] = "channels"): ChannelGroup =>
  ({ size, width, kind }) as ChannelGroup;

test("auto: multiples of 16, of 8 below 64 channels, of 4 below 16", () => {
  expect(levelsOf(group(64), {})).toEqual([16, 32, 48, 64]);
  expect(levelsOf(group(32), {})).toEqual([8, 16, 24, 32]);
  expect(levelsOf(group(16), {})).toEqual([8, 16]);
  expect(levelsOf(group(12), {})).toEqual([4, 8, 12]);
});

test("a unit of several channels is rounded by its channels", () => {
  expect(levelsOf(group(32, 4, "blocks"), {})).toEqual([4, 8, 12, 16, 20, 24, 28, 32]);
});

test("heads are not rounded, and one may be all that stays", () => {
  expect(levelsOf(group(4, 64, "heads"), {})).toEqual([1, 2, 3, 4]);
});

test("minChannels and maxSparsity hold, and rounding never leaves a group without a step", () => {
  expect(levelsOf(group(10), { roundTo: 1, minChannels: 7 })).toEqual([7, 8, 9, 10]);
  expect(levelsOf(group(10), { roundTo: 1, maxSparsity: 0.2 })).toEqual([8, 9, 10]);
  expect(levelsOf(group(10), { roundTo: 16 })).toEqual([4, 10]);
});

test("bounds that make no sense are refused", () => {
  expect(() => checkLevels({ roundTo: 0 })).toThrow("Option roundTo must be auto or a whole number from 1, got 0.");
  expect(() => checkLevels({ minChannels: 1.5 })).toThrow("Option minChannels must be a whole number from 1, got 1.5.");
  expect(() => checkLevels({ maxSparsity: 1 })).toThrow(
    "Option maxSparsity must be a fraction between 0 and 1, got 1.",
  );
});
