import { expect, test } from "vitest";
import { linkTexts, opContext, type OpSpec } from "../testing/op-context.ts";
import { globalPools } from "./global-pool.ts";

test.each(globalPools.map((p) => [p.type, p] as const))("%s works on every channel by itself", (type, pool) => {
  const spec: OpSpec = { type, in: [[2, 8, 6, 5]], out: [[2, 8, 1, 1]] };
  expect(linkTexts(pool, spec)).toEqual([
    "x0.0 = y0.0",
    "x0.1 = y0.1",
    `inexact x0.2: is mixed by ${type}`,
    `inexact x0.3: is mixed by ${type}`,
  ]);
  expect(pool.zero!([true], opContext(spec))).toBe(true);
  expect(pool.zero!([false], opContext(spec))).toBe(false);
});
