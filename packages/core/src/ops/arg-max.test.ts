import { expect, test } from "vitest";
import { handlerIn, linkTexts, type OpSpec } from "../testing/op-context.ts";
import { argMaxima } from "./arg-max.ts";

const links = (spec: OpSpec): string[] => linkTexts(handlerIn(argMaxima, spec), spec);

test("the axis whose indices are taken is pinned, and stays with size 1", () => {
  expect(links({ type: "ArgMax", in: [[2, 5, 3]], out: [[2, 1, 3]], attributes: { axis: 1 } })).toEqual([
    "x0.0 = y0.0",
    "pin x0.1: has its indices taken by ArgMax",
    "x0.2 = y0.2",
  ]);
});

test("without keepdims it is gone", () => {
  const attributes = { axis: -2, keepdims: 0 };
  expect(links({ type: "ArgMin", in: [[2, 5, 3]], out: [[2, 3]], attributes })).toEqual([
    "x0.0 = y0.0",
    "pin x0.1: has its indices taken by ArgMin",
    "x0.2 = y0.1",
  ]);
});
