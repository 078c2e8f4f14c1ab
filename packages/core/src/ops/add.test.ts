import { expect, test } from "vitest";
import { linkTexts, opContext, type OpSpec } from "../testing/op-context.ts";
import { add, mean, sub, sum } from "./add.ts";

const plus: OpSpec = {
  type: "Add",
  in: [
    [2, 64, 7],
    [64, 1],
  ],
  out: [[2, 64, 7]],
};

test("axes are matched from the end, and stretched ones are not", () => {
  expect(linkTexts(add, plus)).toEqual(["x0.2 = y0.2", "x0.1 = y0.1", "x0.0 = y0.0", "x1.0 = y0.1"]);
  expect(linkTexts(add, { ...plus, in: [[7], [2, 64, 7]] })).toEqual([
    "x0.0 = y0.2",
    "x1.2 = y0.2",
    "x1.1 = y0.1",
    "x1.0 = y0.0",
  ]);
});

test("an axis of size 1 on both sides is the same axis", () => {
  expect(
    linkTexts(sub, {
      type: "Sub",
      in: [
        [1, 3],
        [1, 3],
      ],
      out: [[1, 3]],
    }),
  ).toContain("x0.0 = y0.0");
});

test("a sum is zero where every operand is", () => {
  const op = opContext(plus);
  for (const handler of [add, sub, sum, mean]) {
    expect(handler.zero!([true, true], op)).toBe(true);
    expect(handler.zero!([true, false], op)).toBe(false);
    expect(handler.zero!([true, undefined], op)).toBe(false);
  }
});

test("a scalar operand keeps zeros only when it is known to be 0", () => {
  const plusScalar = (floats: readonly number[]): boolean =>
    add.zero!([true, undefined], opContext({ type: "Add", in: [[2, 3], { floats, dims: [] }], out: [[2, 3]] }));
  expect(plusScalar([0])).toBe(true);
  expect(plusScalar([1e-5])).toBe(false);
});

test("Sum and Mean take any number of operands", () => {
  const spec: OpSpec = { type: "Sum", in: [[4], [4], [4]], out: [[4]], opset: 13 };
  expect(linkTexts(sum, spec)).toEqual(["x0.0 = y0.0", "x1.0 = y0.0", "x2.0 = y0.0"]);
  expect(linkTexts(mean, { ...spec, type: "Mean" })).toEqual(["x0.0 = y0.0", "x1.0 = y0.0", "x2.0 = y0.0"]);
  expect(mean.zero!([true, true, true], opContext(spec))).toBe(true);
});
