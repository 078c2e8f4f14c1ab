import { expect, test } from "vitest";
import { linkTexts, opContext, type OpSpec } from "../testing/op-context.ts";
import { hardSigmoid } from "./hard-sigmoid.ts";

const spec: OpSpec = { type: "HardSigmoid", in: [[2, 3]], out: [[2, 3]] };

test("keeps its axes, and zeros only without β", () => {
  expect(linkTexts(hardSigmoid, spec)).toEqual(["x0.1 = y0.1", "x0.0 = y0.0"]);
  expect(hardSigmoid.zero!([true], opContext(spec))).toBe(false);
  expect(hardSigmoid.zero!([true], opContext({ ...spec, attributes: { beta: { type: "float", value: 0 } } }))).toBe(
    true,
  );
});
