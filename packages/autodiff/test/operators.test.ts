import { describe, expect, test } from "vitest";
import { checkGradient, type CheckGradientOptions } from "../src/testing/index.ts";
import { type Attributes, float, nodeGraph, type Operand, runtime, strings } from "./node-graph.ts";

// Every gradient rule against central differences, computed by ONNX Runtime. Random forms are in forms.test.ts.

type Case = readonly [
  type: string,
  operands: readonly Operand[],
  attributes?: Attributes,
  settings?: { outputs?: number; opset?: number } & CheckGradientOptions,
];

async function check([type, operands, attributes, settings = {}]: Case): Promise<void> {
  expect(await checkGradient(nodeGraph(type, operands, attributes, settings), runtime, settings)).toEqual([]);
}

function each(cases: readonly Case[]): void {
  for (const [i, form] of cases.entries()) test(`${form[0]} ${i}`, () => check(form));
}

const positive = { dims: [2, 5], from: 0.3, to: 2 };
const matrix = [2, 5];
const image = [2, 3, 5, 6];

describe("operators of one input", () => {
  const anywhere = "Relu LeakyRelu Elu Celu Selu HardSigmoid Softsign Tanh Sigmoid Softplus Erf Abs Neg Exp Sin Cos Tan Sinh Cosh Atan Asinh Mish Identity"; // prettier-ignore
  test.each(anywhere.split(" "))("%s", (type) => check([type, [matrix]]));
  each([
    ["ThresholdedRelu", [matrix], { alpha: float(0.31) }],
    ["HardSwish", [{ dims: [3, 7], from: -4, to: 4 }]],
    ["Sqrt", [positive]],
    ["Log", [positive]],
    ["Reciprocal", [positive]],
    ["Asin", [{ dims: matrix, from: -0.8, to: 0.8 }]],
    ["Acos", [{ dims: matrix, from: -0.8, to: 0.8 }]],
    ["Atanh", [{ dims: matrix, from: -0.8, to: 0.8 }]],
    ["Acosh", [{ dims: matrix, from: 1.3, to: 3 }]],
    ["Gelu", [matrix], {}, { opset: 20 }],
    ["Gelu", [matrix], { approximate: "tanh" }, { opset: 20 }],
    ["Cast", [matrix], { to: 1 }],
    ["Clip", [matrix, { floats: [-0.5], dims: [] }, { floats: [0.45], dims: [] }], {}, { except: ["x1", "x2"] }],
    ["Clip", [matrix], { min: float(-0.5), max: float(0.45) }, { opset: 10 }],
  ]);
});

describe("operators that broadcast", () => {
  each([
    ["Add", [[2, 3, 4], [3, 1]]],
    ["Sub", [[3, 1], [2, 1, 4]]],
    ["Mul", [[2, 3, 4], [4]]],
    ["Mul", [[1], [2, 3]]],
    ["Div", [[3, 4], { dims: [4], from: 0.5, to: 2 }]],
    ["Div", [[4], { dims: [3, 4], from: 0.5, to: 2 }]],
    ["Pow", [positive, { floats: [2], dims: [] }], {}, { except: ["x1"] }],
    ["Pow", [positive, { floats: [-0.5], dims: [] }], {}, { except: ["x1"] }],
    ["Pow", [positive, [5]]],
    ["Max", [[3, 4], [4], [3, 1]]],
    ["Min", [[3, 4], [4]]],
    ["Sum", [[3, 4], [4], [1, 4]]],
    ["Mean", [[3, 4], [4]]],
    ["Mod", [{ dims: [2, 3], from: 1, to: 5 }, { floats: [0.7, -1.3, 2.1] }], { fmod: 1 }],
    ["PRelu", [[2, 3, 4], [3, 1]]],
    ["Expand", [[3, 1], { ints: [2, 3, 4] }]],
  ]); // prettier-ignore

  test("Where", async () => {
    const graph = nodeGraph("Where", [{ ints: [1, 0, 1, 0] }, [3, 4], [3, 1]]);
    const parameters = new Map(graph.parameters).set("x0", { name: "x0", dtype: "bool", dims: [4], bytes: () => Uint8Array.of(1, 0, 1, 0) }); // prettier-ignore
    expect(await checkGradient({ ...graph, parameters }, runtime)).toEqual([]);
  });
});

describe("products", () => {
  each([
    ["Gemm", [[3, 4], [4, 5], [5]], { alpha: float(0.5), beta: float(2) }],
    ["Gemm", [[4, 3], [4, 5]], { transA: 1 }],
    ["Gemm", [[3, 4], [5, 4], [3, 1]], { transB: 1 }],
    ["Gemm", [[4, 3], [5, 4], [1, 5]], { transA: 1, transB: 1 }],
    ["MatMul", [[3, 4], [4, 5]]],
    ["MatMul", [[2, 3, 4], [4, 5]]],
    ["MatMul", [[3, 4], [2, 4, 5]]],
    ["MatMul", [[2, 1, 3, 4], [3, 4, 2]]],
    ["MatMul", [[4], [4, 5]]],
    ["MatMul", [[2, 3, 4], [4]]],
    ["MatMul", [[4], [4]]],
    ["Einsum", [[2, 3], [3, 4]], { equation: "ij,jk->ik" }],
    ["Einsum", [[2, 3, 4], [2, 5, 4]], { equation: "bid,bjd->bij" }],
    ["Einsum", [[2, 3, 4]], { equation: "abc->ca" }],
    ["Einsum", [[2, 2, 3], [1, 3, 5]], { equation: "...ij,...jk->...ik" }],
    ["Einsum", [[3], [4]], { equation: "i,j->ij" }],
    ["Einsum", [[2, 3], [3], [2]], { equation: "ij,j,i" }],
  ]); // prettier-ignore
});

describe("reductions and sums", () => {
  test.each("ReduceSum ReduceMean ReduceL1 ReduceL2 ReduceSumSquare ReduceLogSumExp ReduceMax ReduceMin".split(" "))(
    "%s",
    async (type) => {
      await check([type, [[2, 3, 4], { ints: [1, -1] }]]);
      await check([type, [[2, 3, 4], { ints: [1] }], { keepdims: 0 }]);
      await check([type, [[2, 3]]]);
      if (type !== "ReduceSum") await check([type, [[2, 3, 4]], { axes: [0, 2] }, { opset: 13 }]);
    },
  );
  each([
    ["ReduceLogSum", [positive, { ints: [1] }]],
    ["ReduceSum", [[2, 3], { ints: [] }], { noop_with_empty_axes: 1 }],
    ["CumSum", [[3, 4], { ints: [1], dims: [] }], { exclusive: 1 }],
    ["CumSum", [[3, 4], { ints: [0], dims: [] }], { reverse: 1 }],
    ["Softmax", [[3, 4]], { axis: 0 }],
    ["LogSoftmax", [[2, 3, 4]], {}],
    ["Softmax", [[2, 3, 4]], { axis: 1 }, { opset: 11 }],
  ]);
});

test("TopK", async () => {
  const graph = nodeGraph("TopK", [[3, 5], { ints: [2] }], {}, { outputs: 2 });
  expect(await checkGradient({ ...graph, outputs: graph.outputs.slice(0, 1) }, runtime)).toEqual([]);
});

test("MaxPool with indices that are read", async () => {
  const graph = nodeGraph("MaxPool", [[1, 2, 4, 4]], { kernel_shape: [2, 2], strides: [2, 2] }, { outputs: 2 });
  expect(await checkGradient({ ...graph, outputs: graph.outputs.slice(0, 1) }, runtime)).toEqual([]);
});

describe("operators that move elements", () => {
  each([
    ["Reshape", [[2, 6], { ints: [3, -1] }]],
    ["Flatten", [[2, 3, 4]], { axis: 2 }],
    ["Squeeze", [[2, 1, 3], { ints: [1] }]],
    ["Unsqueeze", [[2, 3]], { axes: [0] }, { opset: 11 }],
    ["Transpose", [[2, 3, 4]], { perm: [2, 0, 1] }],
    ["Transpose", [[2, 3]]],
    [
      "Concat",
      [
        [2, 3],
        [2, 1],
      ],
      { axis: -1 },
    ],
    ["Split", [[2, 6], { ints: [2, 4] }], { axis: 1 }, { outputs: 2 }],
    ["Split", [[7, 2]], { axis: 0, num_outputs: 3 }, { outputs: 3 }],
    ["Split", [[2, 6]], { axis: 1 }, { outputs: 2, opset: 13 }],
    ["Slice", [[5, 6], { ints: [1, -1] }, { ints: [4, -6] }, { ints: [0, 1] }, { ints: [2, -2] }]],
    ["Slice", [[5, 6], { ints: [1] }, { ints: [9] }]],
    ["Slice", [[5, 6]], { axes: [1], starts: [2], ends: [5] }, { opset: 9 }],
    ["Pad", [[3, 4], { ints: [1, -1, 0, 2] }]],
    ["Pad", [[3, 4], { ints: [1, 2, 0, 1] }], { mode: "reflect" }],
    ["Pad", [[3, 4], { ints: [1, 2, 0, 3] }], { mode: "edge" }],
    ["Pad", [[3, 4], { ints: [1, 2] }, undefined, { ints: [1] }]],
    ["Pad", [[3, 4]], { pads: [0, 1, 2, 0] }, { opset: 10 }],
    ["Tile", [[2, 3], { ints: [3, 2] }]],
    ["Gather", [[4, 3], { ints: [1, 3, 1, -4], dims: [2, 2] }]],
    ["Gather", [[2, 4, 3], { ints: [1, 3, 1] }], { axis: 1 }],
    ["Gather", [[2, 4, 3], { ints: [-1], dims: [] }], { axis: 1 }],
    ["GatherElements", [[3, 4], { ints: [0, 2, 2, 1], dims: [2, 2] }], { axis: 0 }],
    ["GatherND", [[3, 4, 2], { ints: [0, 1, 2, 3, 0, 1], dims: [3, 2] }]],
    ["GatherND", [[2, 4, 3], { ints: [1, 3, 0, 0], dims: [2, 2, 1] }], { batch_dims: 1 }],
    ["ScatterElements", [[3, 4], { ints: [0, 2], dims: [1, 2] }, [1, 2]], { axis: 0 }],
    ["ScatterElements", [[3, 4], { ints: [2, 2], dims: [2, 1] }, [2, 1]], { axis: 1, reduction: "add" }],
    ["ScatterND", [[4, 3], { ints: [1, 3], dims: [2, 1] }, [2, 3]]],
    ["ScatterND", [[4, 3], { ints: [1, 1], dims: [2, 1] }, [2, 3]], { reduction: "add" }],
    ["Trilu", [[3, 4]], { upper: 0 }],
    ["DepthToSpace", [[1, 8, 2, 3]], { blocksize: 2 }],
    ["DepthToSpace", [[1, 8, 2, 3]], { blocksize: 2, mode: "CRD" }],
    ["SpaceToDepth", [[1, 2, 4, 6]], { blocksize: 2 }],
    ["Dropout", [matrix]],
  ]);
});

describe("pooling and scaling", () => {
  each([
    ["GlobalAveragePool", [image]],
    ["GlobalMaxPool", [image]],
    ["GlobalLpPool", [image], { p: 3 }],
    ["LpPool", [[1, 2, 5, 5]], { kernel_shape: [2, 2], strides: [2, 1], p: 2 }],
    ["Resize", [[1, 2, 3, 4], undefined, { floats: [1, 1, 2, 2] }], { mode: "nearest", coordinate_transformation_mode: "asymmetric", nearest_mode: "floor" }, { except: ["x2"] }],
    ["Resize", [[1, 2, 3, 4], undefined, undefined, { ints: [1, 2, 5, 7] }], { mode: "linear" }],
    ["Resize", [[1, 2, 3, 4], undefined, undefined, { ints: [1, 2, 5, 7] }], { mode: "linear", coordinate_transformation_mode: "align_corners" }],
    ["Resize", [[1, 2, 6, 5], undefined, { floats: [1, 1, 0.5, 0.6] }], { mode: "linear" }, { except: ["x2"] }],
    ["Resize", [[1, 1, 4, 4], undefined, { floats: [1, 1, 2, 2] }], { mode: "cubic" }, { except: ["x2"] }],
    ["Upsample", [[1, 2, 3, 4], { floats: [1, 1, 2, 3] }], { mode: "nearest" }, { opset: 9, except: ["x1"] }],
  ]); // prettier-ignore
});

describe("normalisation", () => {
  const channel = { dims: [4], from: 0.5, to: 1.5 };
  each([
    ["BatchNormalization", [[3, 4, 2, 2], channel, [4], [4], channel], {}, { except: ["x3", "x4"] }],
    ["BatchNormalization", [[3, 4, 2, 2], channel, [4], [4], channel], {}, { except: ["x3", "x4"], batchStatistics: true }],
    ["BatchNormalization", [[6, 4], channel, [4], [4], channel], { epsilon: float(1e-3) }, { except: ["x3", "x4"], batchStatistics: true, opset: 9 }],
    ["LayerNormalization", [[3, 4], channel, [4]]],
    ["LayerNormalization", [[2, 3, 4], { dims: [3, 4] }], { axis: 1 }],
    ["RMSNormalization", [[3, 4], channel], {}, { opset: 23 }],
    ["InstanceNormalization", [[2, 4, 5], channel, [4]]],
    ["GroupNormalization", [[2, 4, 5], channel, [4]], { num_groups: 2 }, { opset: 21 }],
    ["GroupNormalization", [[2, 4, 5], [2], [2]], { num_groups: 2 }, { opset: 18 }],
    ["MeanVarianceNormalization", [[2, 3, 2, 3]]],
    ["LpNormalization", [[3, 4]], { axis: 0 }],
    ["LpNormalization", [[3, 4]], { p: 1 }],
    ["LRN", [[2, 5, 2, 2]], { size: 3, alpha: float(0.5), beta: float(0.75), bias: float(1) }],
  ]); // prettier-ignore
});

describe("recurrent layers", () => {
  const [S, N, I, H] = [3, 2, 4, 3];
  const layer = (gates: number, d = 1): Operand[] => [
    [S, N, I],
    [d, gates * H, I],
    [d, gates * H, H],
    [d, 2 * gates * H],
  ];
  each([
    ["LSTM", layer(4), { hidden_size: H }, { outputs: 3 }],
    ["LSTM", [...layer(4, 2), undefined, [2, N, H], [2, N, H]], { hidden_size: H, direction: "bidirectional" }, { outputs: 3 }],
    ["LSTM", [...layer(4), undefined, [1, N, H], [1, N, H], [1, 3 * H]], { hidden_size: H, direction: "reverse" }],
    ["LSTM", layer(4).slice(0, 3), { hidden_size: H, activations: strings("HardSigmoid", "Tanh", "Softsign") }],
    ["GRU", layer(3), { hidden_size: H }, { outputs: 2 }],
    ["GRU", [...layer(3, 2), undefined, [2, N, H]], { hidden_size: H, direction: "bidirectional", linear_before_reset: 1 }, { outputs: 2 }],
    ["GRU", layer(3).slice(0, 3), { hidden_size: H, linear_before_reset: 1 }],
    ["RNN", [...layer(1), undefined, [1, N, H]], { hidden_size: H }, { outputs: 2 }],
    ["RNN", layer(1), { hidden_size: H, direction: "reverse", activations: strings("Sigmoid") }],
  ]); // prettier-ignore
});
