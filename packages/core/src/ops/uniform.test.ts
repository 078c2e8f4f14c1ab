import { expect, test } from "vitest";
import { opContext, type OpSpec } from "../testing/op-context.ts";
import { add } from "./add.ts";
import { averagePools } from "./average-pool.ts";
import { batchNormalization } from "./batch-normalization.ts";
import { concat } from "./concat.ts";
import { conv } from "./conv.ts";
import type { OpHandler } from "./define-op.ts";
import { gemm } from "./gemm.ts";
import { globalPools } from "./global-pool.ts";
import { reductions } from "./reduce.ts";
import { unaryOperators } from "./unary.ts";

type Flags = readonly (boolean | undefined)[];
const of = (type: string, handlers: readonly OpHandler[]): OpHandler => handlers.find((h) => h.type === type)!;
const image = [2, 4, 5, 5];
const half = { floats: [0.5], dims: [] };

test.each<[string, OpHandler, OpSpec["in"], Flags, Flags, boolean]>([
  ["an activation of one number", of("Sigmoid", unaryOperators), [image], [true], [false], true],
  ["an activation of many", of("Sigmoid", unaryOperators), [image], [false], [false], false],
  ["a sum with a scalar", add, [image, half], [true, undefined], [false, undefined], true],
  ["a sum with something that differs by position", add, [image, [5]], [true, undefined], [false, undefined], false],
  ["a sum of two", add, [image, image], [true, true], [false, false], true],
  [
    "a convolution by zeros: its bias",
    conv,
    [image, [4, 4, 1, 1], [4]],
    [undefined, true, true],
    [undefined, true, false],
    true,
  ],
  ["a convolution of one number", conv, [image, [4, 4, 1, 1], [4]], [true, false, true], [false, false, false], false],
  [
    "a product with zeros, and a row that is added",
    gemm,
    [[2, 4], [4, 4], [4]],
    [undefined, true, true],
    [undefined, true, false],
    true,
  ],
  [
    "the same with what differs by row",
    gemm,
    [
      [2, 4],
      [4, 4],
      [2, 4],
    ],
    [undefined, true, false],
    [undefined, true, false],
    false,
  ],
  [
    "a normalisation whose scale is zero: its shift",
    batchNormalization,
    [image, [4], [4], [4], [4]],
    [false, true, true, true, true],
    [false, true, false, false, false],
    true,
  ],
  [
    "a normalisation of one number",
    batchNormalization,
    [image, [4], [4], [4], [4]],
    [true, true, true, true, true],
    [false, false, false, false, false],
    true,
  ],
  ["values beside others", concat, [image, image], [true, undefined], [false, undefined], true],
  ["values that may be different numbers", concat, [image, image], [true, true], [false, false], false],
  ["a mean over positions", of("GlobalAveragePool", globalPools), [image], [true], [false], true],
  ["a norm, which counts them", of("GlobalLpPool", globalPools), [image], [true], [false], false],
  ["a reduction to the mean", of("ReduceMean", reductions), [image], [true], [false], true],
  ["a sum, which counts", of("ReduceSum", reductions), [image], [true], [false], false],
  ["a moving mean", of("AveragePool", averagePools), [image], [true], [false], true],
])("%s", (_, handler, inputs, uniform, zero, expected) => {
  const op = opContext({ type: handler.type, in: inputs, out: [image] });
  expect(handler.uniform?.(uniform, zero, op) ?? false).toBe(expected);
});

test("a moving mean that counts the padding is another number at the border", () => {
  const op = opContext({ type: "AveragePool", in: [image], out: [image], attributes: { count_include_pad: 1 } });
  expect(of("AveragePool", averagePools).uniform!([true], [false], op)).toBe(false);
});

test("a depthwise convolution keeps zeros that it reads, another does not", () => {
  const spec = (width: number, group: number): OpSpec => ({
    type: "Conv",
    in: [image, [4, width, 1, 1]],
    out: [image],
    attributes: { group },
  });
  expect(conv.zero!([true, false], opContext(spec(1, 4)))).toBe(true);
  expect(conv.zero!([true, false], opContext(spec(4, 1)))).toBe(false);
  expect(conv.zero!([true, false], opContext(spec(2, 2)))).toBe(false);
});
