import { expect, test } from "vitest";
import { linkTexts, type OpSpec } from "../testing/op-context.ts";
import { meanVarianceNormalization } from "./mean-variance-normalization.ts";

const spec: OpSpec = { type: "MeanVarianceNormalization", in: [[2, 8, 5, 5]], out: [[2, 8, 5, 5]] };
const mixed = (s: OpSpec): string[] =>
  linkTexts(meanVarianceNormalization, s).flatMap((l) => (l.startsWith("inexact") ? [l.split(":")[0]!] : []));

test("mixes the axes it runs over", () => {
  expect(linkTexts(meanVarianceNormalization, spec)).toContain("x0.1 = y0.1");
  expect(mixed(spec)).toEqual(["inexact x0.0", "inexact x0.2", "inexact x0.3"]);
  expect(mixed({ ...spec, attributes: { axes: [1, -1] } })).toEqual(["inexact x0.1", "inexact x0.3"]);
});
