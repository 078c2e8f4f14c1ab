import { describe, expect, test } from "vitest";
import * as parse from "./parse.ts";

describe("values of flags", () => {
  test.each<[string, string, (text: string) => unknown, unknown]>([
    ["number", "1e-4", parse.positive, 1e-4],
    ["whole", "12", parse.whole(1), 12],
    ["sparsity", "0", parse.sparsity, 0],
    ["between", ".5", parse.between, 0.5],
    ["positive", "2", parse.positive, 2],
    ["rounding", "auto", parse.rounding, "auto"],
    ["rounding", "8", parse.rounding, 8],
    ["factor", "1/255", parse.factor, 1 / 255],
    ["numbers", "0.5,-1,2", parse.numbers, [0.5, -1, 2]],
    ["names", "cuda, cpu", parse.names, ["cuda", "cpu"]],
    ["oneOf", "b", parse.oneOf("a", "b"), "b"],
    ["budget", "params=1", parse.budget, { name: "params", ratio: 1 }],
  ])("%s accepts %s", (_, text, read, value) => {
    expect(read(text)).toEqual(value);
  });

  test.each<[string, string, (text: string) => unknown, string]>([
    ["number", "", parse.positive, "It must be a number."],
    ["number", "0x10", parse.positive, "It must be a number."],
    ["number", "1e999", parse.positive, "It must be a number."],
    ["number", "Infinity", parse.positive, "It must be a number."],
    ["whole", "0", parse.whole(1), "It must be a whole number from 1."],
    ["whole", "1.5", parse.whole(0), "It must be a whole number from 0."],
    ["whole", "-1", parse.whole(0), "It must be a whole number from 0."],
    ["sparsity", "1", parse.sparsity, "It must be the fraction removed, from 0 and below 1."],
    ["between", "0", parse.between, "It must be a fraction between 0 and 1."],
    ["positive", "0", parse.positive, "It must be a number above 0."],
    ["rounding", "0", parse.rounding, "It must be a whole number from 1."],
    ["factor", "0", parse.factor, "It must be a number such as 1/255."],
    ["factor", "1/0", parse.factor, "It must be a number such as 1/255."],
    ["factor", "1/2/3", parse.factor, "It must be a number such as 1/255."],
    ["divisors", "1,0", parse.divisors, "It must be numbers other than 0."],
    ["names", "cuda,", parse.names, "It must be a list of names with commas between them."],
    ["oneOf", "c", parse.oneOf("a", "b"), "It must be one of a, b."],
    [
      "budget",
      "macs=0",
      parse.budget,
      'It must be macs=X, params=X, bytes=X or latency=X, where X is result / original, above 0 and at most 1; got "macs=0".',
    ],
    [
      "budget",
      "speed=2",
      parse.budget,
      'It must be macs=X, params=X, bytes=X or latency=X, where X is result / original, above 0 and at most 1; got "speed=2".',
    ],
  ])("%s refuses %s", (_, text, read, message) => {
    expect(() => read(text)).toThrow(message);
  });
});

test("a flag that is given once cannot be given twice", () => {
  const read = parse.once("--seed", parse.whole(0));
  expect(() => read("1", read("0", undefined))).toThrow("--seed is given twice.");
});

test("a flag for many collects, and one for sizes refuses a name twice", () => {
  const many = parse.many(parse.text);
  expect(many("b", many("a", undefined))).toEqual(["a", "b"]);
  const sizes = parse.sizes("--dim");
  expect(sizes("b=2", sizes("a=1", undefined))).toEqual({ a: 1, b: 2 });
  expect(() => sizes("a=2", sizes("a=1", undefined))).toThrow("--dim a is given twice.");
  expect(() => sizes("=2", undefined)).toThrow("It must be NAME=N.");
  expect(() => sizes("a=0", undefined)).toThrow("It must be a whole number from 1.");
});
