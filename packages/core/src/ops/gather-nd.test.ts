import { expect, test } from "vitest";
import { linkTexts, type OpSpec } from "../testing/op-context.ts";
import { gatherNd } from "./gather-nd.ts";

test("coordinates address the first axes, the rest passes through", () => {
  const spec: OpSpec = {
    type: "GatherND",
    in: [
      [5, 6, 8],
      [3, 2],
    ],
    out: [[3, 8]],
  };
  expect(linkTexts(gatherNd, spec)).toEqual([
    "pin x0.0: is looked up by indices (GatherND)",
    "pin x0.1: is looked up by indices (GatherND)",
    "x0.2 = y0.1",
    "x1.0 = y0.0",
    "pin x1.1: holds coordinates (GatherND)",
  ]);
});

test("batch axes are shared by data, indices and output", () => {
  const spec: OpSpec = {
    type: "GatherND",
    in: [
      [2, 6, 8],
      [2, 4, 1],
    ],
    out: [[2, 4, 8]],
    attributes: { batch_dims: 1 },
  };
  expect(linkTexts(gatherNd, spec)).toEqual([
    "x0.0 = x1.0",
    "pin x0.1: is looked up by indices (GatherND)",
    "x0.2 = y0.2",
    "x1.0 = y0.0",
    "x1.1 = y0.1",
    "pin x1.2: holds coordinates (GatherND)",
  ]);
});
