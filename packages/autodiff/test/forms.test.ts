import fc from "fast-check";
import { expect, test } from "vitest";
import { checkGradient } from "../src/testing/index.ts";
import { nodeGraph, runtime } from "./node-graph.ts";

// Gradients of operators with windows, for forms that a property chooses: axes, strides, dilations, pads and groups.

const RUNS = { numRuns: 30, seed: 20 };

/** Spatial axes: per axis a size, a kernel, a stride, a dilation, and pads, such that at least one window fits. */
const axis = fc
  .record({
    size: fc.integer({ min: 4, max: 7 }),
    kernel: fc.integer({ min: 1, max: 3 }),
    stride: fc.integer({ min: 1, max: 3 }),
    dilation: fc.integer({ min: 1, max: 2 }),
    begin: fc.integer({ min: 0, max: 2 }),
    end: fc.integer({ min: 0, max: 2 }),
  })
  .map((a) => ({ ...a, begin: Math.min(a.begin, a.kernel - 1), end: Math.min(a.end, a.kernel - 1) }))
  .filter((a) => a.size + a.begin + a.end >= (a.kernel - 1) * a.dilation + 1);
const axes = fc.array(axis, { minLength: 1, maxLength: 2 });

type Axis = typeof axis extends fc.Arbitrary<infer T> ? T : never;
const attributesOf = (list: readonly Axis[]) => ({
  kernel_shape: list.map((a) => a.kernel),
  strides: list.map((a) => a.stride),
  dilations: list.map((a) => a.dilation),
  pads: [...list.map((a) => a.begin), ...list.map((a) => a.end)],
});

test("Conv", async () => {
  const form = fc.record({
    spatial: axes,
    batch: fc.integer({ min: 1, max: 3 }),
    group: fc.constantFrom(1, 1, 2, 3),
    inner: fc.integer({ min: 1, max: 3 }),
    outer: fc.integer({ min: 1, max: 2 }),
    bias: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(form, async ({ spatial, batch, group, inner, outer, bias }) => {
      const filters = group * outer;
      const operands = [
        [batch, group * inner, ...spatial.map((a) => a.size)],
        [filters, inner, ...spatial.map((a) => a.kernel)],
        ...(bias ? [[filters]] : []),
      ];
      const graph = nodeGraph("Conv", operands, { group, ...attributesOf(spatial) });
      expect(await checkGradient(graph, runtime)).toEqual([]);
    }),
    RUNS,
  );
}, 120_000);

test("Conv of many channels, which other recipes are for", async () => {
  const form = fc.record({
    spatial: axes,
    batch: fc.integer({ min: 1, max: 2 }),
    channels: fc.integer({ min: 16, max: 17 }),
    filters: fc.integer({ min: 14, max: 40 }),
    bias: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(form, async ({ spatial, batch, channels, filters, bias }) => {
      const operands = [
        [batch, channels, ...spatial.map((a) => a.size)],
        [filters, channels, ...spatial.map((a) => a.kernel)],
        ...(bias ? [[filters]] : []),
      ];
      expect(await checkGradient(nodeGraph("Conv", operands, attributesOf(spatial)), runtime)).toEqual([]);
    }),
    RUNS,
  );
}, 120_000);

test("ConvTranspose", async () => {
  const form = fc.record({
    spatial: axes,
    batch: fc.integer({ min: 1, max: 2 }),
    group: fc.constantFrom(1, 2),
    inner: fc.integer({ min: 1, max: 2 }),
    outer: fc.integer({ min: 1, max: 2 }),
    bias: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(form, async ({ spatial, batch, group, inner, outer, bias }) => {
      const operands = [
        [batch, group * inner, ...spatial.map((a) => a.size)],
        [group * inner, outer, ...spatial.map((a) => a.kernel)],
        ...(bias ? [[group * outer]] : []),
      ];
      const output_padding = spatial.map((a) => a.stride - 1);
      const graph = nodeGraph("ConvTranspose", operands, { group, ...attributesOf(spatial), output_padding });
      expect(await checkGradient(graph, runtime)).toEqual([]);
    }),
    RUNS,
  );
}, 120_000);

/** With ceil_mode, whether the last window begins inside: ONNX Runtime disagrees with itself about others. */
const roundsUpInside = ({ size, kernel, stride, dilation, begin, end }: Axis): boolean =>
  Math.ceil((size + begin + end - (kernel - 1) * dilation - 1) / stride) * stride < size + begin;

test("AveragePool and MaxPool", async () => {
  const form = fc.record({
    spatial: axes.filter((list) => list.every(roundsUpInside)),
    channels: fc.integer({ min: 1, max: 3 }),
    ceil_mode: fc.constantFrom(0, 1),
    count_include_pad: fc.constantFrom(0, 1),
  });
  await fc.assert(
    fc.asyncProperty(form, async ({ spatial, channels, ceil_mode, count_include_pad }) => {
      const operands = [[2, channels, ...spatial.map((a) => a.size)]];
      const attributes = { ...attributesOf(spatial), ceil_mode };
      const average = nodeGraph("AveragePool", operands, { ...attributes, count_include_pad }, { opset: 19 });
      expect(await checkGradient(average, runtime)).toEqual([]);
      // Steps are small beside the distance of any two elements, so the largest stays the largest.
      expect(await checkGradient(nodeGraph("MaxPool", operands, attributes), runtime, { step: 1e-3 })).toEqual([]);
    }),
    RUNS,
  );
}, 120_000);

test.each(["SAME_UPPER", "SAME_LOWER", "VALID"])("auto_pad %s", async (auto_pad) => {
  const window = { kernel_shape: [3, 2], strides: [2, 1], auto_pad };
  const image = [1, 2, 6, 5];
  for (const graph of [
    nodeGraph("Conv", [image, [3, 2, 3, 2]], window),
    nodeGraph("AveragePool", [image], window),
    nodeGraph("MaxPool", [image], window),
  ]) {
    expect(await checkGradient(graph, runtime, { step: 1e-3 })).toEqual([]);
  }
});

test("a depthwise convolution with more padding than its kernel reaches", async () => {
  const graph = nodeGraph("Conv", [[1, 3, 4, 4], [3, 1, 1, 1]], { group: 3, pads: [1, 1, 1, 1] }); // prettier-ignore
  expect(await checkGradient(graph, runtime)).toEqual([]);
});
