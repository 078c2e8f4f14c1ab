import { expect, test } from "vitest";
import { linkTexts, opContext, type OpSpec } from "../testing/op-context.ts";
import { lrn } from "./lrn.ts";

const spec: OpSpec = { type: "LRN", in: [[2, 8, 5, 5]], out: [[2, 8, 5, 5]], attributes: { size: 5 } };

test("mixes neighbouring channels and nothing else", () => {
  expect(linkTexts(lrn, spec).slice(4)).toEqual(["inexact x0.1: is normalised over its neighbours by LRN"]);
  expect(lrn.zero!([true], opContext(spec))).toBe(true);
  expect(lrn.zero!([false], opContext(spec))).toBe(false);
});
