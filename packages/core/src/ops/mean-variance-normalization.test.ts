import { expect, test } from "vitest";
import { linkTexts, type OpSpec } from "../testing/op-context.ts";
import { meanVarianceNormalization } from "./mean-variance-normalization.ts";

const spec: OpSpec = { type: "MeanVarianceNormalization", in: [[2, 8, 5]], out: [[2, 8, 5]] };
const [over, each] = [
  "is normalised over by MeanVarianceNormalization",
  "is normalised by MeanVarianceNormalization, undefined where nothing varies",
];

test("mixes the axes it runs over; the others cannot be compared with zeroed weights", () => {
  expect(linkTexts(meanVarianceNormalization, { ...spec, attributes: { axes: [0, -1] } })).toEqual([
    "x0.0 = y0.0",
    `inexact x0.0: ${over}`,
    "x0.1 = y0.1",
    `inexact x0.1: ${each}`,
    "x0.2 = y0.2",
    `inexact x0.2: ${over}`,
  ]);
});

test("runs over N, H and W by default", () => {
  const links = linkTexts(meanVarianceNormalization, { ...spec, in: [[2, 8, 5, 5]], out: [[2, 8, 5, 5]] });
  expect(links.filter((l) => l.endsWith(over))).toEqual([0, 2, 3].map((i) => `inexact x0.${i}: ${over}`));
});
