import { expect, test } from "vitest";
import { linkTexts, type OpSpec } from "../testing/op-context.ts";
import { scatterNd } from "./scatter-nd.ts";

test("coordinates address the first axes, updates hold the rest", () => {
  const spec: OpSpec = {
    type: "ScatterND",
    in: [
      [2, 5, 8],
      [3, 2],
      [3, 8],
    ],
    out: [[2, 5, 8]],
  };
  expect(linkTexts(scatterNd, spec)).toEqual([
    "x0.0 = y0.0",
    "pin x0.0: is written to by ScatterND",
    "x0.1 = y0.1",
    "pin x0.1: is written to by ScatterND",
    "x0.2 = y0.2",
    "x0.2 = x2.1",
    "x1.0 = x2.0",
    "pin x1.1: holds coordinates (ScatterND)",
  ]);
});
