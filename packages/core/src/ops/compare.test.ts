import { expect, test } from "vitest";
import { linkTexts } from "../testing/op-context.ts";
import { comparisons } from "./compare.ts";

test.each(comparisons.map((c) => [c.type, c] as const))(
  "%s shares axes with its operands and promises no zeros",
  (type, handler) => {
    expect(linkTexts(handler, { type, in: [[2, 3], [3]], out: [[2, 3]] })).toEqual([
      "x0.1 = y0.1",
      "x0.0 = y0.0",
      "x1.0 = y0.1",
    ]);
    expect(handler.zero).toBeUndefined();
  },
);
