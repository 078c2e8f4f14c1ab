import { expect, test } from "vitest";
import { cutTexts, handlerIn, linkTexts, type OpSpec } from "../testing/op-context.ts";
import { resizes } from "./resize.ts";

const doubled: OpSpec["out"] = [[2, 8, 10, 12]];
const links = (type: string): string[] => [
  "x0.0 = y0.0",
  "x0.1 = y0.1",
  ...[2, 3].flatMap((i) => [`pin x0.${i}: is scaled by ${type}`, `pin y0.${i}: is scaled by ${type}`]),
];
const scales = { floats: [1, 1, 2, 2] };
const links13 = (spec: OpSpec): string[] => linkTexts(handlerIn(resizes, spec), spec);

test.each<[OpSpec["in"], number, string]>([
  [[[2, 8, 5, 6], undefined, scales], 13, "scales"],
  [[[2, 8, 5, 6], { floats: [] }, { floats: [] }, { ints: [2, 8, 10, 12] }], 13, "sizes"],
  [[[2, 8, 5, 6], undefined, undefined, { dims: [4] }], 13, "sizes known only at run time"],
  [[[2, 8, 5, 6], undefined, { dims: [4] }], 13, "scales known only at run time"],
  [[[2, 8, 5, 6], scales], 10, "scales before opset 11"],
])("batch and channel pass through: %j at opset %i (%s)", (inputs, opset) => {
  expect(links13({ type: "Resize", in: inputs, out: doubled, opset })).toEqual(links("Resize"));
});

test("axes say which axes the operands speak of, since opset 18", () => {
  const inputs: OpSpec["in"] = [[2, 8, 5, 6], undefined, { floats: [2, 2] }];
  const spec: OpSpec = { type: "Resize", in: inputs, out: doubled, attributes: { axes: [2, -1] }, opset: 18 };
  expect(links13(spec)).toEqual(links("Resize"));
});

test("Upsample is its forerunner", () => {
  const attributes = { scales: { type: "floats", value: [1, 1, 2, 2] } } as const;
  expect(links13({ type: "Upsample", in: [[2, 8, 5, 6]], out: doubled, attributes, opset: 7 })).toEqual(
    links("Upsample"),
  );
  expect(links13({ type: "Upsample", in: [[2, 8, 5, 6], scales], out: doubled, opset: 9 })).toEqual(links("Upsample"));
});

test("a factor that rounds to the same size mixes slices all the same", () => {
  const spec: OpSpec = { type: "Resize", in: [[2, 8], undefined, { floats: [1, 1.1] }], out: [[2, 8]] };
  expect(links13(spec)).toEqual(["x0.0 = y0.0", "pin x0.1: is scaled by Resize", "pin y0.1: is scaled by Resize"]);
});

test("a crop pins the axes it may touch", () => {
  const attributes = { coordinate_transformation_mode: "tf_crop_and_resize" };
  const crop = (roi: number[]): OpSpec => ({
    type: "Resize",
    in: [[2, 8], { floats: roi }, { floats: [1, 1] }],
    out: [[2, 8]],
    attributes,
  });
  expect(links13(crop([0, 0, 1, 1]))).toEqual(["x0.0 = y0.0", "x0.1 = y0.1"]);
  expect(links13(crop([0, 0.5, 1, 1])).slice(1)).toEqual([
    "pin x0.1: is scaled by Resize",
    "pin y0.1: is scaled by Resize",
  ]);
});

test("a cut changes the sizes asked for", () => {
  const spec: OpSpec = {
    type: "Resize",
    in: [[2, 8, 5, 6], undefined, undefined, { ints: [2, 8, 10, 12] }],
    out: doubled,
  };
  const kept = { "x0.1": [0, 3, 7], "y0.1": [0, 3, 7] };
  expect(cutTexts(handlerIn(resizes, spec), spec, kept)).toEqual(["Resize(x0, , , [2 3 10 12]) -> y0"]);
  const computed: OpSpec = { ...spec, in: [[2, 8, 5, 6], undefined, undefined, { dims: [4] }] };
  expect(cutTexts(handlerIn(resizes, spec), computed, kept)).toEqual([
    "Mul(x3, [1 0 1 1]) -> shape0",
    "Add(shape0, [0 3 0 0]) -> shape1",
    "Resize(x0, , , shape1) -> y0",
  ]);
  const scaled: OpSpec = { ...spec, in: [[2, 8, 5, 6], undefined, scales] };
  expect(cutTexts(handlerIn(resizes, spec), scaled, kept)).toBeUndefined();
});
