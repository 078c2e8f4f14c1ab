import fc from "fast-check";
import { expect, test } from "vitest";
import type { ChannelGroup } from "../solver/channel-group.ts";
import { checkLevels, levelsOf, roundingsOf, type LevelOptions, type Levels } from "./levels.ts";

const group = (size: number, width = 1, kind: ChannelGroup["kind"] = "channels"): ChannelGroup =>
  ({ size, width, kind }) as ChannelGroup;

/** The levels under each of the roundings that an option allows. */
const allLevels = (group: ChannelGroup, options: LevelOptions = {}): Levels[] =>
  roundingsOf(options.roundTo ?? "auto").map((rounding) => levelsOf(group, options, rounding));

test("auto: multiples of 16, and for narrow groups steps of 8 and 4, from the fastest to the finest", () => {
  const [sixteens, narrow32, narrow64, fine] = roundingsOf("auto").map(
    (rounding) => (size: number) => levelsOf(group(size), {}, rounding),
  );
  const halves = [8, 16, 24, 32, 40, 48, 56, 64];
  expect([sixteens, narrow32, narrow64, fine].map((of) => of!(64))).toEqual([[16, 32, 48, 64], [16, 32, 48, 64], [16, 32, 48, 64], halves]); // prettier-ignore
  expect([sixteens, narrow32, narrow64].map((of) => of!(32))).toEqual([
    [16, 32],
    [16, 32],
    [8, 16, 24, 32],
  ]);
  expect([sixteens, narrow32, narrow64].map((of) => of!(24))).toEqual([
    [16, 24],
    [8, 16, 24],
    [8, 16, 24],
  ]);
  expect([sixteens, narrow32, fine].map((of) => of!(16))).toEqual([[16], [8, 16], [4, 8, 12, 16]]);
  expect([sixteens, narrow32, narrow64, fine].map((of) => of!(12))).toEqual([1, 2, 3, 4].map(() => [4, 8, 12]));
});

test("a number: the same for all groups", () => {
  expect(allLevels(group(20), { roundTo: 8 })).toEqual([[8, 16, 20]]);
  expect(allLevels(group(10), { roundTo: 16 })).toEqual([[10]]);
});

test("a unit of several channels is rounded by its channels", () => {
  expect(allLevels(group(32, 4, "blocks"))[0]).toEqual([4, 8, 12, 16, 20, 24, 28, 32]);
});

test("heads are not rounded, and one may be all that stays", () => {
  for (const levels of allLevels(group(4, 64, "heads"))) expect(levels).toEqual([1, 2, 3, 4]);
});

test("minChannels and maxSparsity hold, and no group is left without a step by all roundings of auto", () => {
  expect(allLevels(group(10), { roundTo: 1, minChannels: 7 })).toEqual([[7, 8, 9, 10]]);
  expect(allLevels(group(10), { roundTo: 1, maxSparsity: 0.2 })).toEqual([[8, 9, 10]]);
  for (let size = 5; size < 100; size++) expect(allLevels(group(size)).at(-2)!.length).toBeGreaterThan(1);
});

test("law: a finer rounding has all levels of a faster one, where either has multiples", () => {
  fc.assert(
    fc.property(fc.integer({ min: 17, max: 300 }), fc.constantFrom(1, 2, 8), (size, width) => {
      const levels = allLevels(group(size, width, "blocks"));
      levels.slice(1).forEach((finer, i) => expect(finer).toEqual(expect.arrayContaining([...levels[i]!])));
    }),
  );
});

test("bounds that make no sense are refused", () => {
  expect(() => checkLevels({ roundTo: 0 })).toThrow("Option roundTo must be auto or a whole number from 1, got 0.");
  expect(() => checkLevels({ minChannels: 1.5 })).toThrow("Option minChannels must be a whole number from 1, got 1.5.");
  expect(() => checkLevels({ maxSparsity: 1 })).toThrow(
    "Option maxSparsity must be a fraction between 0 and 1, got 1.",
  );
});
