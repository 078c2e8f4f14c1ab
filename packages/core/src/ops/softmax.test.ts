import { expect, test } from "vitest";
import { linkTexts, type OpSpec } from "../testing/op-context.ts";
import { softmaxes } from "./softmax.ts";

const spec: OpSpec = { type: "Softmax", in: [[2, 3, 4, 4]], out: [[2, 3, 4, 4]] };
const pins = (since: number, axis?: number): string[] => {
  const handler = softmaxes.find((h) => h.type === "Softmax" && h.since === since)!;
  return linkTexts(handler, axis === undefined ? spec : { ...spec, attributes: { axis } }).slice(4);
};

test("since opset 13 one axis is pinned, by default the last", () => {
  expect(pins(13)).toEqual(["pin x0.3: Softmax over this axis"]);
  expect(pins(13, 1)).toEqual(["pin x0.1: Softmax over this axis"]);
  expect(pins(13, -3)).toEqual(["pin x0.1: Softmax over this axis"]);
});

test("before, all axes from `axis` on are pinned, by default from the second", () => {
  expect(pins(1)).toEqual([1, 2, 3].map((i) => `pin x0.${i}: Softmax over this axis`));
  expect(pins(1, -1)).toEqual(["pin x0.3: Softmax over this axis"]);
});

test("other axes pass, and nothing is zero", () => {
  expect(softmaxes.map((h) => `${h.type} ${h.since}`)).toEqual(
    ["Softmax", "LogSoftmax", "Hardmax"].flatMap((type) => [`${type} 1`, `${type} 13`]),
  );
  for (const handler of softmaxes) {
    expect(linkTexts(handler, spec).slice(0, 4)).toEqual([0, 1, 2, 3].map((i) => `x0.${i} = y0.${i}`));
    expect(handler.zero).toBeUndefined();
  }
});
