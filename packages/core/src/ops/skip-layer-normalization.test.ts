import { expect, test } from "vitest";
import { linkTexts, opContext, type OpSpec } from "../testing/op-context.ts";
import { skipLayerNormalizations } from "./skip-layer-normalization.ts";

const [full, simplified] = skipLayerNormalizations;
const vector = { dims: [8], weight: true };
const spec: OpSpec = {
  type: "SkipLayerNormalization",
  domain: "com.microsoft",
  in: [[1, 5, 8], [1, 5, 8], vector, vector, vector],
  out: [[1, 5, 8], undefined, undefined, [1, 5, 8]],
};

test("input, skip, vectors and the sum share the width, which is normalised over", () => {
  const links = linkTexts(full!, spec);
  expect(links).toEqual(expect.arrayContaining(["x0.2 = y0.2", "x1.2 = y0.2", "x2.0 = y0.2", "x4.0 = y0.2", "y3.2 = y0.2"])); // prettier-ignore
  expect(links.at(-1)).toBe("inexact x0.2: is normalised over by SkipLayerNormalization");
});

test("zero where scale and shift are; the sum that is an output too, where all that it adds up is", () => {
  const alone = opContext({ ...spec, out: [[1, 5, 8]] });
  expect(full!.zero!([undefined, undefined, true, true], alone)).toBe(true);
  expect(full!.zero!([undefined, undefined, true, false], alone)).toBe(false);
  expect(full!.zero!([true, true, true, true, true], opContext(spec))).toBe(true);
  expect(full!.zero!([true, false, true, true, true], opContext(spec))).toBe(false);
});

test("the simplified form has no shift", () => {
  const op = opContext({
    ...spec,
    type: "SkipSimplifiedLayerNormalization",
    in: spec.in.slice(0, 3),
    out: [[1, 5, 8]],
  });
  expect(simplified!.zero!([undefined, undefined, true], op)).toBe(true);
});
