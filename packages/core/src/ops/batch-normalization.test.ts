import { expect, test } from "vitest";
import { linkTexts, opContext, type OpSpec } from "../testing/op-context.ts";
import { batchNormalization } from "./batch-normalization.ts";

const parameter = { dims: [8], weight: true };
const spec: OpSpec = {
  type: "BatchNormalization",
  in: [[2, 8, 5, 5], parameter, parameter, parameter, parameter],
  out: [[2, 8, 5, 5]],
};

test("a channel goes with its four parameters", () => {
  expect(linkTexts(batchNormalization, spec)).toEqual([
    ...[0, 1, 2, 3].map((i) => `x0.${i} = y0.${i}`),
    ...[1, 2, 3, 4].map((i) => `x${i}.0 = x0.1`),
  ]);
});

test("parameters per element (`spatial` = 0) go with all axes but N", () => {
  const perElement = { dims: [8, 5], weight: true };
  const links = linkTexts(batchNormalization, {
    ...spec,
    in: [[2, 8, 5], perElement, perElement, perElement, perElement],
  });
  expect(links).toEqual(expect.arrayContaining(["x1.0 = x0.1", "x1.1 = x0.2"]));
});

test("zero where scale and bias are", () => {
  expect(batchNormalization.zero!([false, true, true, true, true], opContext(spec))).toBe(true);
  expect(batchNormalization.zero!([true, true, false, true, true], opContext(spec))).toBe(false);
});

test("training mode pins everything and says so", () => {
  const reason = "is normalised by the statistics of a batch: BatchNormalization in training mode";
  for (const training of [
    { ...spec, attributes: { training_mode: 1 } },
    { ...spec, out: [[2, 8, 5, 5], [8], [8]] },
  ]) {
    const links = linkTexts(batchNormalization, training);
    expect(links).toContain(`pin x0.1: ${reason}`);
    expect(links.every((l) => l.startsWith("pin"))).toBe(true);
  }
});
