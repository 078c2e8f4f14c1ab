import { expect, test } from "vitest";
import { linkTexts, opContext, type OpSpec } from "../testing/op-context.ts";
import { clip } from "./clip.ts";

const relu6: OpSpec = {
  type: "Clip",
  in: [[2, 3], { floats: [0], dims: [] }, { floats: [6], dims: [] }],
  out: [[2, 3]],
};
const keepsZero = (spec: OpSpec): boolean => clip.zero!([true, undefined, undefined], opContext(spec));

test("only the clipped operand has slices", () => {
  expect(linkTexts(clip, relu6)).toEqual(["x0.1 = y0.1", "x0.0 = y0.0"]);
});

test("zero stays zero between limits that are known to enclose it", () => {
  expect(keepsZero(relu6)).toBe(true);
  expect(clip.zero!([false, undefined, undefined], opContext(relu6))).toBe(false);
  expect(keepsZero({ ...relu6, in: [[2, 3]] })).toBe(true);
  expect(keepsZero({ ...relu6, in: [[2, 3], undefined, { floats: [-1], dims: [] }] })).toBe(false);
  expect(keepsZero({ ...relu6, in: [[2, 3], { floats: [1e-6], dims: [] }] })).toBe(false);
  expect(keepsZero({ ...relu6, in: [[2, 3], []] })).toBe(false);
});

test("limits may be attributes", () => {
  const attributes = { min: { type: "float", value: 0.1 }, max: { type: "float", value: 6 } } as const;
  expect(keepsZero({ type: "Clip", in: [[2, 3]], out: [[2, 3]], attributes, opset: 6 })).toBe(false);
  expect(keepsZero({ type: "Clip", in: [[2, 3]], out: [[2, 3]], attributes: { max: attributes.max }, opset: 6 })).toBe(
    true,
  );
});
