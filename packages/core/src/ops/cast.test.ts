import { expect, test } from "vitest";
import { handlerIn, linkTexts, type OpSpec } from "../testing/op-context.ts";
import { casts } from "./cast.ts";

test("the second operand of CastLike only lends its type", () => {
  const spec: OpSpec = {
    type: "CastLike",
    in: [
      [2, 3],
      [2, 3],
    ],
    out: [[2, 3]],
  };
  expect(linkTexts(handlerIn(casts, spec), spec)).toEqual(["x0.1 = y0.1", "x0.0 = y0.0"]);
});
