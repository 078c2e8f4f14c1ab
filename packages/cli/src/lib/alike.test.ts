import { expect, test } from "vitest";
import { alike } from "./alike.ts";

const names = ["ep", "lr", "roundTo", "scorer", "sparsity", "steps"];

test.each([
  ["sparsty", ["sparsity"]], // a letter is missing
  ["scoerr", ["scorer"]], // two have changed places
  ["round-to", ["roundTo"]], // as the flag is written
  ["step", ["steps"]],
  ["foo", []],
  ["xy", []], // what is short is like nothing
])("%s may mean %j", (word, meant) => {
  expect(alike(word, names)).toEqual(meant);
});
