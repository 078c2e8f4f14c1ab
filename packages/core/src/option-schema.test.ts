import { expect, test } from "vitest";
import { expectedOption, isValidOption, type OptionSchema } from "./option-schema.ts";

const cases: readonly (readonly [OptionSchema, string, readonly unknown[], readonly unknown[]])[] = [
  [{ type: "boolean" }, "true or false", [true, false], ["true", 0, undefined]],
  [{ type: "string" }, "text", ["", "a"], [1, null]],
  [{ type: "string", enum: ["a", "b"] }, "one of a, b", ["a", "b"], ["c", ""]],
  [{ type: "number" }, "a number", [0, -1.5], ["1", NaN, Infinity]],
  [{ type: "integer", minimum: 2 }, "a whole number from 2", [2, 3], [1, 2.5, 2 ** 53]],
  [{ type: "number", exclusiveMinimum: 0, exclusiveMaximum: 1 }, "a number above 0 and below 1", [0.5], [0, 1]],
  [{ type: "number", minimum: 0, maximum: 1 }, "a number from 0 and up to 1", [0, 1], [-0.1, 1.1]],
];

test.each(cases)("%j is %s", (schema, words, good, bad) => {
  expect(expectedOption(schema)).toBe(words);
  expect(good.filter((value) => !isValidOption(value, schema))).toEqual([]);
  expect(bad.filter((value) => isValidOption(value, schema))).toEqual([]);
});
