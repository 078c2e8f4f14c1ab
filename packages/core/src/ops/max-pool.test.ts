import { expect, test } from "vitest";
import { linkTexts, opContext, type OpSpec } from "../testing/op-context.ts";
import { maxPool } from "./max-pool.ts";

const spec: OpSpec = {
  type: "MaxPool",
  in: [[2, 8, 6, 6]],
  out: [[2, 8, 3, 3]],
  attributes: { kernel_shape: [2, 2], strides: [2, 2] },
};

test("samples and channels pass, spatial axes stay whole", () => {
  expect(linkTexts(maxPool, spec)).toEqual([
    "x0.0 = y0.0",
    "x0.1 = y0.1",
    "pin x0.2: spatial axis of MaxPool",
    "pin x0.3: spatial axis of MaxPool",
    "pin y0.2: spatial axis of MaxPool",
    "pin y0.3: spatial axis of MaxPool",
  ]);
});

test("the largest of zeros is zero, for padding counts as −∞", () => {
  expect(maxPool.zero!([true], opContext(spec))).toBe(true);
  expect(maxPool.zero!([false], opContext(spec))).toBe(false);
});

test("the Indices output numbers elements across channels and blocks their cut", () => {
  const links = linkTexts(maxPool, {
    ...spec,
    out: [
      [2, 8, 3, 3],
      [2, 8, 3, 3],
    ],
  });
  const reason = "is numbered across channels by the Indices output of a MaxPool";
  for (const axis of ["x0.1", "y0.1", "y1.1"]) expect(links).toContain(`pin ${axis}: ${reason}`);
});
