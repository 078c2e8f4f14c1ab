import { expect, test } from "vitest";
import { linkTexts, opContext, type OpSpec } from "../testing/op-context.ts";
import { averagePools } from "./average-pool.ts";

test.each(averagePools.map((p) => [p.type, p] as const))("%s works on every channel by itself", (type, pool) => {
  const spec: OpSpec = { type, in: [[2, 8, 6]], out: [[2, 8, 3]], attributes: { kernel_shape: [2], strides: [2] } };
  expect(linkTexts(pool, spec)).toEqual([
    "x0.0 = y0.0",
    "x0.1 = y0.1",
    `pin x0.2: spatial axis of ${type}`,
    `pin y0.2: spatial axis of ${type}`,
  ]);
  expect(pool.zero!([true], opContext(spec))).toBe(true);
  expect(pool.zero!([false], opContext(spec))).toBe(false);
});
