import { expect, test } from "vitest";
import { linkTexts, opContext, type OpSpec } from "../testing/op-context.ts";
import { reverseSequence } from "./reverse-sequence.ts";

const spec = (attributes: OpSpec["attributes"] = {}): OpSpec => ({
  type: "ReverseSequence",
  in: [[4, 2, 8], [2]],
  out: [[4, 2, 8]],
  attributes,
});

test("features stay where they are; time does not", () => {
  expect(linkTexts(reverseSequence, spec())).toEqual([
    "x0.0 = y0.0",
    "x0.1 = y0.1",
    "x0.2 = y0.2",
    "x1.0 = x0.1",
    "pin x0.0: is put into reverse by ReverseSequence",
  ]);
  const batchFirst = linkTexts(reverseSequence, { ...spec({ batch_axis: 0, time_axis: 1 }), in: [[2, 4, 8], [2]] });
  expect(batchFirst.slice(3)).toEqual(["x1.0 = x0.0", "pin x0.1: is put into reverse by ReverseSequence"]);
});

test("zero where the input is", () => {
  expect(reverseSequence.zero!([true, undefined], opContext(spec()))).toBe(true);
});
