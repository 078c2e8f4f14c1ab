import { expect, test } from "vitest";
import { linkTexts } from "../testing/op-context.ts";
import { constant } from "./constant.ts";

test("a constant says nothing about its slices", () => {
  expect(linkTexts(constant, { type: "Constant", in: [], out: [{ floats: [1, 2] }] })).toEqual([]);
});
