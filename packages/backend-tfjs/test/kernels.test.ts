import { onnxruntimeNode, ortRuntime } from "@prune/backend-onnx/node";
import {
  float32Tensor,
  int64Tensor,
  nodeOf,
  type Attribute,
  type Graph,
  type RunValues,
  type Tensor,
} from "@prune/core";
import { checkRuntime } from "@prune/core/testing";
import { beforeAll, describe, expect, test } from "vitest";
import { loadWasm, tfjsRuntime } from "../src/node/index.ts";
import { difference } from "./prune.ts";

// Every operator that the runtime knows gives what ONNX Runtime gives.

type Attributes = Parameters<typeof nodeOf>[3];

/** An operand: the sizes of noise, numbers, or integers. */
type Operand = { readonly noise: number[] } | { readonly floats: Tensor } | { readonly ints: Tensor } | undefined;

const noise = (...dims: number[]): Operand => ({ noise: dims });
const floats = (values: number[], dims?: number[]): Operand => ({ floats: float32Tensor("", values, dims) });
const ints = (values: number[], dims?: number[]): Operand => ({ ints: int64Tensor("", values, dims) });
const float = (value: number): Attribute => ({ type: "float", value });
const x = noise(2, 4, 5, 6);

beforeAll(loadWasm);

interface Case {
  readonly operands: readonly Operand[];
  readonly attributes?: Attributes;
  readonly outputs?: number;
  /** What noise is made of; default: numbers around zero. */
  readonly of?: (v: number) => number;
}

/** Runs one operator in both runtimes; noise is fed, and all else is built in. */
async function agree(type: string, { operands, attributes = {}, outputs = 1, of = (v) => v }: Case): Promise<void> {
  const parameters = new Map<string, Tensor>();
  const feeds: Record<string, RunValues[string]> = {};
  const names = operands.map((operand, i) => {
    if (!operand) return "";
    const name = `in${i}`;
    if ("noise" in operand) {
      const dims = operand.noise;
      const size = dims.reduce((a, b) => a * b, 1);
      const data = Float32Array.from({ length: size }, (_, k) => of(Math.sin(12.9898 * (k + 100 * i) + 4.1)));
      feeds[name] = { dtype: "float32", dims, data };
    } else parameters.set(name, { ...("ints" in operand ? operand.ints : operand.floats), name });
    return name;
  });
  const made = Array.from({ length: outputs }, (_, i) => `out${i}`);
  const graph: Graph = {
    name: type,
    nodes: [nodeOf(type, names, made, attributes)],
    inputs: Object.entries(feeds).map(([name, { dtype, dims }]) => ({ name, dtype, dims })),
    outputs: made.map((name) => ({ name, dtype: "other", dims: undefined })),
    parameters,
    opsets: new Map([["", 20]]),
  };
  const results: RunValues[] = [];
  for (const runtime of [ortRuntime(onnxruntimeNode), tfjsRuntime({ backend: "wasm" })]) {
    const session = await runtime.open(graph);
    results.push(await session.run(feeds));
    // A second run finds what the first one kept.
    expect(difference(results.at(-1)!["out0"]!, (await session.run(feeds))["out0"]!)).toBe(0);
    await session.release();
  }
  for (const name of made) {
    expect(results[1]![name]!.dtype).toBe(results[0]![name]!.dtype);
    expect(difference(results[0]![name]!, results[1]![name]!)).toBeLessThan(1e-5);
  }
}

describe("element by element", () => {
  const anywhere =
    "Abs Asinh Atan Ceil Cos Cosh Elu Erf Exp Floor Gelu HardSigmoid HardSwish Identity LeakyRelu Mish Neg Relu Selu " +
    "Sigmoid Sign Sin Sinh Softplus Softsign Tan Tanh ThresholdedRelu IsNaN";
  test.each(anywhere.split(" "))("%s", (type) => agree(type, { operands: [x], of: (v) => 3 * v }));
  test.each("Acos Asin Atanh".split(" "))("%s", (type) => agree(type, { operands: [x], of: (v) => 0.9 * v }));
  test.each("Log Sqrt Reciprocal".split(" "))("%s", (type) => agree(type, { operands: [x], of: (v) => v * v + 0.1 }));
  test("Acosh", () => agree("Acosh", { operands: [x], of: (v) => 2 + v }));
  test("Round", () => agree("Round", { operands: [x], of: (v) => 7 * v }));
  test("Gelu by tanh", () => agree("Gelu", { operands: [x], attributes: { approximate: "tanh" }, of: (v) => 3 * v }));
  test("Elu with another slope", () => agree("Elu", { operands: [x], attributes: { alpha: float(0.3) } }));
  test("HardSigmoid", () =>
    agree("HardSigmoid", { operands: [x], attributes: { alpha: float(0.3), beta: float(0.4) } }));
  test("ThresholdedRelu", () => agree("ThresholdedRelu", { operands: [x], attributes: { alpha: float(0.4) } }));
  test("Clip", () => agree("Clip", { operands: [x, floats([-0.2], []), floats([0.6], [])] }));
  test("Clip on one side", () => agree("Clip", { operands: [x, undefined, floats([0.3], [])] }));

  const pairs = "Add Sub Mul Max Min Equal Greater GreaterOrEqual Less LessOrEqual".split(" ");
  test.each(pairs)("%s", (type) => agree(type, { operands: [x, noise(4, 1, 6)] }));
  test.each(["Div", "Pow"])("%s", (type) => agree(type, { operands: [x, noise(5, 1)], of: (v) => v * v + 0.5 }));
  test("PRelu", () => agree("PRelu", { operands: [x, floats([0.1, 0.2, 0.3, 0.4], [4, 1, 1])] }));
  test.each(["Sum", "Mean", "Max"])("%s of three", (type) => agree(type, { operands: [x, x, noise(6)] }));
  test.each(["Add", "Sub", "Mul", "Div", "Mod"])("%s of integers", (type) =>
    agree(type, { operands: [ints([7, 8, 9]), ints([2, 3, 4])] }),
  );
  test("Where", () =>
    agree("Where", { operands: [{ floats: { ...float32Tensor("", []), dtype: "bool", dims: [6], bytes: () => Uint8Array.of(1, 0, 1, 1, 0, 0) } }, x, noise(6)] })); // prettier-ignore
  test.each([1, 6, 7, 9])("Cast to %i", (to) => agree("Cast", { operands: [x], attributes: { to }, of: (v) => 3 * v }));
});

describe("convolutions and pools", () => {
  const kernel = noise(6, 4, 3, 3);
  const cases: Record<string, Case> = {
    plain: { operands: [x, kernel] },
    "with bias and padding": { operands: [x, kernel, noise(6)], attributes: { pads: [1, 0, 2, 1] } },
    strided: { operands: [x, kernel], attributes: { strides: [2, 3], auto_pad: "SAME_UPPER" } },
    SAME_LOWER: { operands: [x, kernel], attributes: { strides: [2, 2], auto_pad: "SAME_LOWER" } },
    dilated: { operands: [x, noise(3, 4, 2, 2)], attributes: { dilations: [2, 3] } },
    grouped: { operands: [x, noise(6, 2, 3, 3), noise(6)], attributes: { group: 2 } },
    depthwise: { operands: [x, noise(8, 1, 3, 3), noise(8)], attributes: { group: 4, pads: [1, 1, 1, 1] } },
    "of a sequence": { operands: [noise(2, 3, 9), noise(4, 3, 3), noise(4)], attributes: { strides: [2] } },
    "of a sequence, depthwise": {
      operands: [noise(2, 3, 9), noise(3, 1, 3)],
      attributes: { group: 3, dilations: [2] },
    },
    "of a volume": { operands: [noise(1, 2, 5, 6, 7), noise(3, 2, 3, 2, 2), noise(3)], attributes: { auto_pad: "SAME_UPPER" } }, // prettier-ignore
  };
  test.each(Object.entries(cases))("Conv %s", (_, one) => agree("Conv", one));

  const transposed: Record<string, Case> = {
    plain: { operands: [x, noise(4, 3, 3, 3), noise(3)] },
    strided: { operands: [x, noise(4, 3, 3, 3)], attributes: { strides: [2, 2], pads: [0, 0, 1, 1] } },
    "with stride beyond the kernel": { operands: [x, noise(4, 3, 2, 2)], attributes: { strides: [3, 3], output_padding: [1, 1] } }, // prettier-ignore
    grouped: { operands: [x, noise(4, 3, 2, 2)], attributes: { group: 2 } },
    dilated: {
      operands: [x, noise(4, 3, 3, 2)],
      attributes: { dilations: [2, 3], strides: [1, 2], pads: [2, 0, 1, 1] },
    },
    "of a sequence": { operands: [noise(2, 3, 5), noise(3, 2, 3)], attributes: { strides: [2], pads: [1, 0] } },
    "of a volume": { operands: [noise(1, 2, 3, 3, 3), noise(2, 3, 2, 2, 2)], attributes: { strides: [2, 2, 2] } },
  };
  test.each(Object.entries(transposed))("ConvTranspose %s", (_, one) => agree("ConvTranspose", one));

  test.each(["MaxPool", "AveragePool"])("%s", async (type) => {
    await agree(type, { operands: [x], attributes: { kernel_shape: [2, 3], strides: [2, 1] } });
    await agree(type, { operands: [x], attributes: { kernel_shape: [3, 3], auto_pad: "SAME_UPPER", strides: [2, 2] } });
    await agree(type, { operands: [x], attributes: { kernel_shape: [3, 2], pads: [1, 0, 2, 1] } });
    await agree(type, { operands: [noise(2, 3, 9)], attributes: { kernel_shape: [3], strides: [2] } });
    await agree(type, { operands: [noise(1, 2, 5, 6, 7)], attributes: { kernel_shape: [2, 3, 2], auto_pad: "SAME_UPPER" } }); // prettier-ignore
  });
  test("AveragePool that counts padding", () =>
    agree("AveragePool", { operands: [x], attributes: { kernel_shape: [3, 3], pads: [1, 1, 1, 1], count_include_pad: 1 } })); // prettier-ignore
  test("MaxPool that says where", async () => {
    const where = async (operand: Operand, attributes: Attributes, of?: Case["of"]): Promise<void> =>
      agree("MaxPool", { operands: [operand], attributes, outputs: 2, ...(of ? { of } : {}) });
    await where(x, { kernel_shape: [2, 3], strides: [2, 1] });
    await where(x, { kernel_shape: [3, 2], pads: [1, 0, 2, 1], strides: [2, 2] });
    await where(noise(2, 3, 9), { kernel_shape: [3], strides: [2] });
    await where(noise(1, 2, 5, 6, 7), { kernel_shape: [2, 3, 2], auto_pad: "SAME_UPPER" });
    await where(x, { kernel_shape: [2, 2] }, (v) => Math.round(2 * v)); // the first of equals
  });
  test("Col2Im", async () => {
    const image = ints([5, 6]);
    await agree("Col2Im", { operands: [noise(2, 3 * 6, 16), image, ints([2, 3])] });
    await agree("Col2Im", { operands: [noise(2, 3 * 4, 9), image, ints([2, 2])], attributes: { strides: [2, 3], dilations: [2, 1], pads: [1, 0, 1, 2] } }); // prettier-ignore
  });
  test.each(["GlobalAveragePool", "GlobalMaxPool"])("%s", (type) => agree(type, { operands: [x] }));
});

describe("normalisation", () => {
  const parameters = [noise(4), noise(4), noise(4), floats([0.5, 1, 2, 3])];
  test("BatchNormalization", () => agree("BatchNormalization", { operands: [x, ...parameters] }));
  test("BatchNormalization of rows", () => agree("BatchNormalization", { operands: [noise(3, 4), ...parameters] }));
  test("LayerNormalization", () => agree("LayerNormalization", { operands: [x, noise(6), noise(6)] }));
  test("LayerNormalization of two axes", () =>
    agree("LayerNormalization", { operands: [x, noise(5, 6)], attributes: { axis: -2 } }));
  test("LRN", () => agree("LRN", { operands: [x], attributes: { size: 3 } }));
  test.each(["Softmax", "LogSoftmax"])("%s", async (type) => {
    await agree(type, { operands: [x], attributes: { axis: -1 } });
    await agree(type, { operands: [x], attributes: { axis: 1 } });
  });
});

describe("products", () => {
  const shapes: [number[], number[]][] = [[[2, 3, 4], [4, 5]], [[2, 3, 4], [2, 4, 5]], [[4], [2, 4, 5]], [[2, 3, 4], [4]], [[2, 1, 3, 4], [3, 4, 2]], [[4], [4]]]; // prettier-ignore
  test.each(shapes)("MatMul %j %j", (a, b) => agree("MatMul", { operands: [noise(...a), noise(...b)] }));
  test("Gemm", () =>
    agree("Gemm", { operands: [noise(4, 3), noise(5, 4), noise(5)], attributes: { transA: 1, transB: 1, alpha: float(0.5), beta: float(2) } })); // prettier-ignore
});

describe("moves", () => {
  const cases: readonly (readonly [string, Case])[] = [
    ["Reshape", { operands: [x, ints([0, -1, 6])] }],
    ["Flatten", { operands: [x], attributes: { axis: 2 } }],
    ["Transpose", { operands: [x], attributes: { perm: [3, 1, 0, 2] } }],
    ["Transpose", { operands: [x] }],
    ["Squeeze", { operands: [noise(1, 3, 1), ints([-1])] }],
    ["Squeeze", { operands: [noise(1, 3, 1)] }],
    ["Unsqueeze", { operands: [noise(3, 4), ints([0, -1])] }],
    ["Concat", { operands: [x, noise(2, 3, 5, 6)], attributes: { axis: 1 } }],
    ["Split", { operands: [x, ints([1, 3, 2])], attributes: { axis: -1 }, outputs: 3 }],
    ["Split", { operands: [x], attributes: { axis: 2, num_outputs: 3 }, outputs: 3 }],
    ["Slice", { operands: [x, ints([1, -4]), ints([100, -1]), ints([1, 3])] }],
    ["Slice", { operands: [x, ints([-1, 0]), ints([-(2 ** 31), 5]), ints([2, 3]), ints([-2, 2])] }],
    ["Gather", { operands: [x, ints([2, 0, -1])], attributes: { axis: 1 } }],
    ["Gather", { operands: [x, ints([1], [])], attributes: { axis: 3 } }],
    ["Gather", { operands: [noise(5, 3), ints([0, 4, 2, 2], [2, 2])] }],
    ["GatherND", { operands: [x, ints([0, 1, 1, 2], [2, 2])] }],
    ["GatherElements", { operands: [noise(3, 4), ints([2, 0, -1, 1], [1, 4])] }],
    ["GatherElements", { operands: [noise(3, 4), ints([2, 0, -1, 1, 3, 3], [3, 2])], attributes: { axis: 1 } }],
    ["ScatterElements", { operands: [noise(9), ints([7, 0, -4]), noise(3)] }],
    ["ScatterElements", { operands: [noise(3, 4), ints([2, 0, 0, 1, 3, 3], [3, 2]), noise(3, 2)], attributes: { axis: 1, reduction: "add" } }], // prettier-ignore
    ["ScatterND", { operands: [x, ints([0, 1, 1, 2], [2, 2]), noise(2, 5, 6)] }],
    ["ScatterND", { operands: [noise(4, 3), ints([0, 2, 0, -1], [2, 2, 1]), noise(2, 2, 3)], attributes: { reduction: "add" } }], // prettier-ignore
    ["EyeLike", { operands: [noise(3, 4)] }],
    ["Pad", { operands: [x, ints([0, 1, 0, 2, 0, 0, 3, 1]), floats([0.5], [])] }],
    ["Pad", { operands: [x, ints([1, 2, 2, 1]), undefined, ints([2, 3])], attributes: { mode: "reflect" } }],
    ["Pad", { operands: [x, ints([0, 0, 1, 2, 0, 0, 2, 1])], attributes: { mode: "edge" } }],
    ["Expand", { operands: [noise(3, 1), ints([2, 1, 4])] }],
    ["Tile", { operands: [noise(2, 3), ints([2, 3])] }],
    ["Shape", { operands: [x], attributes: { start: 1, end: -1 } }],
    ["Size", { operands: [x] }],
    ["Range", { operands: [ints([2], []), ints([11], []), ints([3], [])] }],
    ["OneHot", { operands: [ints([1, 0, 3]), ints([4]), floats([-1, 2])] }],
    ["OneHot", { operands: [ints([1, 0, 3]), ints([4]), floats([-1, 2])], attributes: { axis: 0 } }],
    ["DepthToSpace", { operands: [noise(1, 8, 2, 3)], attributes: { blocksize: 2 } }],
    ["DepthToSpace", { operands: [noise(1, 8, 2, 3)], attributes: { blocksize: 2, mode: "CRD" } }],
    ["SpaceToDepth", { operands: [noise(1, 2, 4, 6)], attributes: { blocksize: 2 } }],
    ["ConstantOfShape", { operands: [ints([2, 3])], attributes: { value: { type: "tensor", value: int64Tensor("", [7]) } } }], // prettier-ignore
  ];
  test.each(cases.map(([type, one], i) => [`${type} ${i}`, type, one] as const))("%s", (_, type, one) => agree(type, one)); // prettier-ignore
});

describe("reductions", () => {
  const all = "ReduceSum ReduceMean ReduceMax ReduceMin ReduceProd ReduceL1 ReduceL2 ReduceSumSquare ReduceLogSumExp";
  test.each(all.split(" "))("%s", async (type) => {
    await agree(type, { operands: [x, ints([1, -1])], attributes: { keepdims: 0 } });
    await agree(type, { operands: [x, ints([2])] });
    await agree(type, { operands: [noise(3, 4)] });
  });
  test("ReduceLogSum", () => agree("ReduceLogSum", { operands: [x, ints([1])], of: (v) => v * v + 0.1 }));
  test.each(["ArgMax", "ArgMin"])("%s", async (type) => {
    await agree(type, { operands: [x], attributes: { axis: 1, keepdims: 0 } });
    await agree(type, { operands: [x], attributes: { axis: -1 } });
  });
  test("TopK", async () => {
    await agree("TopK", { operands: [x, ints([3])], attributes: { axis: 1 }, outputs: 2 });
    await agree("TopK", { operands: [x, ints([2])], attributes: { largest: 0 }, outputs: 2 });
  });
  test("CumSum", () => agree("CumSum", { operands: [x, ints([2], [])], attributes: { reverse: 1, exclusive: 1 } }));
});

describe("Resize", () => {
  const to = (...sizes: number[]): Operand[] => [x, undefined, undefined, ints(sizes)];
  const coordinates = ["asymmetric", "half_pixel", "align_corners"];
  test.each(coordinates)("nearest, %s", async (coordinate_transformation_mode) => {
    for (const nearest_mode of ["floor", "ceil", "round_prefer_ceil", "round_prefer_floor"]) {
      await agree("Resize", {
        operands: to(2, 4, 9, 11),
        attributes: { coordinate_transformation_mode, nearest_mode },
      });
    }
  });
  test.each(coordinates)("linear, %s", async (coordinate_transformation_mode) => {
    const attributes = { mode: "linear", coordinate_transformation_mode };
    await agree("Resize", { operands: to(2, 4, 10, 12), attributes });
    await agree("Resize", {
      operands: [x, undefined, undefined, ints([10, 6])],
      attributes: { ...attributes, axes: [2, 3] },
    });
  });
  test("by factors", () =>
    agree("Resize", { operands: [x, undefined, floats([1, 1, 2, 3])], attributes: { coordinate_transformation_mode: "asymmetric", nearest_mode: "floor" } })); // prettier-ignore
});

describe("recurrent layers", () => {
  const [steps, batch, features, hidden] = [5, 2, 3, 4];
  const weights = (gates: number, directions: number): Operand[] => [
    noise(steps, batch, features),
    noise(directions, gates * hidden, features),
    noise(directions, gates * hidden, hidden),
    noise(directions, 2 * gates * hidden),
  ];
  const kinds: [string, number, number][] = [["RNN", 1, 2], ["GRU", 3, 2], ["LSTM", 4, 3]]; // prettier-ignore
  test.each(kinds)("%s", async (type, gates, outputs) => {
    const attributes = { hidden_size: hidden };
    await agree(type, { operands: weights(gates, 1), attributes, outputs });
    await agree(type, { operands: weights(gates, 1).slice(0, 3), attributes: { ...attributes, direction: "reverse" }, outputs }); // prettier-ignore
    await agree(type, { operands: weights(gates, 2), attributes: { ...attributes, direction: "bidirectional" }, outputs }); // prettier-ignore
    const states = Array.from({ length: outputs - 1 }, () => noise(1, batch, hidden));
    await agree(type, { operands: [...weights(gates, 1), undefined, ...states], attributes, outputs });
  });
  test("GRU that resets after the product", () =>
    agree("GRU", { operands: weights(3, 1), attributes: { hidden_size: hidden, linear_before_reset: 1 }, outputs: 2 }));
  test("LSTM with other activations", () =>
    agree("LSTM", {
      operands: weights(4, 1),
      attributes: {
        hidden_size: hidden,
        activations: { type: "strings", value: ["HardSigmoid", "Relu", "Affine"] },
        activation_alpha: { type: "floats", value: [0.3, 0.7] },
        activation_beta: { type: "floats", value: [0.4, 0.1] },
      },
      outputs: 3,
    }));
});

test("the runtime keeps the laws", async () => {
  expect(await checkRuntime(tfjsRuntime({ backend: "wasm" }))).toEqual([]);
});
