import { describe, expect, test } from "vitest";
import { cutAll } from "./cut-all.ts";
import { Network } from "./network.ts";

// What operators' rules claim, held against ONNX Runtime: every group that they leave free is cut, the result runs, and
// where the rules call it exact it computes what the original does with the removed slices of its weights set to zero.

const C = 12;

/** What stands between a layer that yields 12 channels and one that reads them. */
type Body = (net: Network, x: string) => string;

function image(body: Body, opset = 17): Promise<string> {
  const net = new Network(opset);
  return cutAll(net, net.conv(body(net, net.conv(net.input("batch", 3, 8, 8), 3, C, 3)), C, 5, 3));
}

/** [sequence, batch, features], as recurrent layers want it. */
function sequence(body: Body, opset = 17): Promise<string> {
  const net = new Network(opset);
  return cutAll(net, net.linear(body(net, net.linear(net.input("steps", "batch", 6), 6, C)), C, 5));
}

const float = (value: number) => ({ type: "float", value }) as const;

describe("element by element", () => {
  const unary =
    "Abs Asinh Atan Ceil Celu Cos Cosh Elu Erf Exp Floor HardSigmoid HardSwish LeakyRelu Neg Relu Round Selu Sigmoid Sign " +
    "Sin Sinh Softplus Softsign Tan Tanh ThresholdedRelu";
  test.each(unary.split(" "))("%s", async (type) => {
    expect(await image((n, x) => n.op(type, [x]))).toBe("12");
  });

  const bodies: Record<string, Body> = {
    "Add a number": (n, x) => n.op("Add", [x, n.scalar(0.3)]),
    "Add a number per channel": (n, x) => n.op("Add", [x, n.weight([C, 1, 1])]),
    "Sub another value": (n, x) => n.op("Sub", [x, n.op("Relu", [x])]),
    Sum: (n, x) => n.op("Sum", [x, n.weight([C, 1, 1]), x]),
    Mean: (n, x) => n.op("Mean", [x, n.weight([C, 1, 1]), x]),
    Max: (n, x) => n.op("Max", [x, n.scalar(0.1)]),
    Min: (n, x) => n.op("Min", [x, n.op("Neg", [x])]),
    Mul: (n, x) => n.op("Mul", [x, n.weight([1, C, 1, 1])]),
    "Div by what is never zero": (n, x) => n.op("Div", [x, n.op("Add", [n.op("Abs", [x]), n.scalar(1)])]),
    "Log of what is never zero": (n, x) => n.op("Log", [n.op("Add", [n.op("Abs", [x]), n.scalar(1)])]),
    "Pow 2": (n, x) => n.op("Pow", [x, n.scalar(2)]),
    "Pow −0.5 of what is never zero": (n, x) =>
      n.op("Pow", [n.op("Add", [n.op("Abs", [x]), n.scalar(1)]), n.scalar(-0.5)]),
    PRelu: (n, x) => n.op("PRelu", [x, n.weight([C, 1, 1])]),
    Clip: (n, x) => n.op("Clip", [x, n.scalar(0), n.scalar(6)]),
    Shrink: (n, x) => n.op("Shrink", [x], { lambd: float(0.1), bias: float(0.05) }),
    "Greater and Where": (n, x) => n.op("Where", [n.op("Greater", [x, n.scalar(0)]), x, n.op("Neg", [x])]),
  };
  test.each(Object.entries(bodies))("%s", async (_, body) => {
    expect(await image(body)).toBe("12");
  });

  const undefinedAtZero: Record<string, Body> = {
    Log: (n, x) => n.op("Log", [n.op("Abs", [x])]),
    Reciprocal: (n, x) => n.op("Reciprocal", [x]),
    Div: (n, x) => n.op("Div", [x, n.op("Abs", [x])]),
    "Pow −1": (n, x) => n.op("Pow", [n.op("Abs", [x]), n.scalar(-1)]),
  };
  test.each(Object.entries(undefinedAtZero))("%s of what may be zero", async (_, body) => {
    expect(await image(body)).toBe("12 inexact");
  });

  test("Mish and Gelu, of newer operator sets", async () => {
    expect(await image((n, x) => n.op("Mish", [x]), 18)).toBe("12");
    expect(await image((n, x) => n.op("Gelu", [x]), 20)).toBe("12");
  });
});

describe("windows and convolutions", () => {
  const bodies: Record<string, Body> = {
    MaxPool: (n, x) => n.op("MaxPool", [x], { kernel_shape: [2, 2], strides: [2, 2] }),
    AveragePool: (n, x) => n.op("AveragePool", [x], { kernel_shape: [3, 3], pads: [1, 1, 1, 1] }),
    LpPool: (n, x) => n.op("LpPool", [x], { kernel_shape: [2, 2] }),
    GlobalAveragePool: (n, x) => n.op("GlobalAveragePool", [x]),
    GlobalMaxPool: (n, x) => n.op("GlobalMaxPool", [x]),
    GlobalLpPool: (n, x) => n.op("GlobalLpPool", [x]),
    "depthwise Conv": (n, x) => n.conv(x, C, C, 3, C),
    "depthwise ConvTranspose": (n, x) => n.op("ConvTranspose", [x, n.weight([C, 1, 2, 2])], { group: C }),
    "depthwise Conv by what was computed": (n, x) => {
      const mean = n.op("ReduceMean", [n.conv(x, C, C)], { axes: [0] });
      return n.op("Conv", [x, n.op("Transpose", [mean], { perm: [1, 0, 2, 3] })], { group: C });
    },
  };
  test.each(Object.entries(bodies))("%s", async (_, body) => {
    expect(await image(body)).toBe("12");
  });

  test("squeeze and excitation", async () => {
    const body: Body = (n, x) => {
      const squeezed = n.op("Relu", [n.conv(n.op("GlobalAveragePool", [x]), C, 4)]);
      return n.op("Mul", [x, n.op("Sigmoid", [n.conv(squeezed, 4, C)])]);
    };
    expect(await image(body)).toBe("12, 4");
  });

  test("ConvTranspose", async () => {
    const body: Body = (n, x) => n.op("ConvTranspose", [x, n.weight([C, C, 2, 2]), n.weight([C])], { strides: [2, 2] });
    expect(await image(body)).toBe("12, 12");
  });

  test("DeformConv keeps its offsets", async () => {
    const body: Body = (n, x) =>
      n.op("DeformConv", [x, n.weight([C, C, 3, 3]), n.conv(x, C, 18, 3), n.weight([C])], { pads: [1, 1, 1, 1] });
    expect(await image(body, 19)).toBe("12, 12");
  });

  test("GridSample and RoiAlign, at places that are computed", async () => {
    const grid: Body = (n, x) => {
      const flow = n.op("Transpose", [n.op("Tanh", [n.conv(x, C, 2)])], { perm: [0, 2, 3, 1] });
      return n.op("GridSample", [x, flow]);
    };
    expect(await image(grid)).toBe("12");
    const regions: Body = (n, x) => {
      const rois = n.op("Abs", [n.op("Reshape", [n.conv(n.op("GlobalAveragePool", [x]), C, 4), n.ints(-1, 4)])]);
      const batch = n.op("Mul", [n.op("Squeeze", [n.op("Cast", [n.op("ReduceSum", [rois, n.ints(1)])], { to: 7 }), n.ints(1)]), n.ints(0)]); // prettier-ignore
      return n.op("RoiAlign", [x, rois, batch], { output_height: 3, output_width: 3 });
    };
    expect(await image(regions)).toBe("12");
  });

  test("Softmax along another axis", async () => {
    expect(await image((n, x) => n.op("Softmax", [x], { axis: 3 }))).toBe("12");
    expect(await image((n, x) => n.op("LogSoftmax", [x], { axis: 3 }), 11)).toBe("12");
    expect(await image((n, x) => n.op("Softmax", [x], { axis: 1 }))).toBe("");
  });
});

describe("normalisation", () => {
  const bodies: Record<string, readonly [string, Body, number?]> = {
    BatchNormalization: [
      "12",
      (n, x) => n.op("BatchNormalization", [x, n.weight([C]), n.weight([C]), n.weight([C]), n.weight([C], 2)]),
    ],
    InstanceNormalization: ["12", (n, x) => n.op("InstanceNormalization", [x, n.weight([C]), n.weight([C])])],
    "GroupNormalization, a scale per block": [
      "4, 3 inexact",
      (n, x) => n.op("GroupNormalization", [x, n.weight([4]), n.weight([4])], { num_groups: 4 }),
      18,
    ],
    "GroupNormalization, a scale per channel": [
      "4, 3 inexact",
      (n, x) => n.op("GroupNormalization", [x, n.weight([C]), n.weight([C])], { num_groups: 4 }),
      21,
    ],
    "GroupNormalization as an exporter spells it": [
      "4, 3 inexact",
      (n, x) => {
        const blocks = n.op("Reshape", [x, n.ints(0, 4, -1)]);
        const even = n.op("InstanceNormalization", [blocks, n.weight([4], 1), n.weight([4], 0)]);
        const back = n.op("Reshape", [even, n.op("Shape", [x])]);
        return n.op("Add", [n.op("Mul", [back, n.weight([C, 1, 1])]), n.weight([C, 1, 1])]);
      },
    ],
    LRN: ["12 inexact", (n, x) => n.op("LRN", [x], { size: 5 })],
    LpNormalization: ["12 inexact", (n, x) => n.op("LpNormalization", [x], { axis: 1 })],
    MeanVarianceNormalization: ["12 inexact", (n, x) => n.op("MeanVarianceNormalization", [x])],
  };
  test.each(Object.entries(bodies))("%s", async (_, [expected, body, opset]) => {
    expect(await image(body, opset)).toBe(expected);
  });

  test("LayerNormalization, whole and spelled out", async () => {
    expect(await sequence((n, x) => n.op("LayerNormalization", [x, n.weight([C]), n.weight([C])]))).toBe("12 inexact");
    const spelled: Body = (n, x) => {
      const d = n.op("Sub", [x, n.op("ReduceMean", [x], { axes: [-1] })]);
      const variance = n.op("ReduceMean", [n.op("Pow", [d, n.scalar(2)])], { axes: [-1] });
      return n.op("Div", [d, n.op("Sqrt", [n.op("Add", [variance, n.scalar(1e-5)])])]);
    };
    expect(await sequence(spelled)).toBe("12 inexact");
  });
});

describe("reductions", () => {
  const over = (type: string, axes: readonly number[]): Body =>
    type === "ReduceSum"
      ? (n, x) => n.op("Mul", [x, n.op(type, [x, n.ints(...axes)])])
      : (n, x) => n.op("Mul", [x, n.op(type, [x], { axes })]);
  const sums = ["ReduceSum", "ReduceL1", "ReduceSumSquare"];
  const mixes = ["ReduceMean", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceL2", "ReduceLogSumExp"];
  test.each([...sums, ...mixes])("%s", async (type) => {
    expect(await image(over(type, [2, 3]))).toBe("12");
    expect(await image(over(type, [1]))).toBe(sums.includes(type) ? "12" : "12 inexact");
  });

  test("a sum over what does not stay zero", async () => {
    const body: Body = (n, x) => n.op("Mul", [x, n.op("ReduceSum", [n.op("Sigmoid", [x]), n.ints(1)])]);
    expect(await image(body)).toBe("12 inexact");
  });

  test("axes as an input", async () => {
    expect(await image((n, x) => n.op("ReduceMean", [x, n.ints(2, 3)]), 18)).toBe("12");
  });
});

describe("recurrent layers", () => {
  const cells = [
    ["LSTM", 4],
    ["GRU", 3],
    ["RNN", 1],
  ] as const;

  test.each(cells)("%s in one direction and in both", async (type, gates) => {
    for (const directions of [1, 2]) {
      const hidden = C / directions;
      const body: Body = (n, x) => {
        const weights = [C, hidden].map((columns) => n.weight([directions, gates * hidden, columns]));
        const direction = directions === 2 ? "bidirectional" : "forward";
        const inputs = [x, ...weights, n.weight([directions, 2 * gates * hidden])];
        const [all, last] = n.ops(type, inputs, { hidden_size: hidden, direction }, 2);
        const flat = n.op("Reshape", [n.op("Transpose", [all!], { perm: [0, 2, 1, 3] }), n.ints(0, 0, C)]);
        return n.op("Add", [
          flat,
          n.op("Reshape", [n.op("Transpose", [last!], { perm: [1, 0, 2] }), n.ints(1, -1, C)]),
        ]);
      };
      expect(await sequence(body)).toBe(`12, ${hidden}`);
    }
  });

  test.each(cells)("%s that starts at zero, for which a constant per run is made", async (type, gates) => {
    const body: Body = (n, x) => {
      const batch = n.op("Slice", [n.op("Shape", [x]), n.ints(1), n.ints(2)]);
      const zero = n.op("ConstantOfShape", [n.op("Concat", [n.ints(1), batch, n.ints(C)], { axis: 0 })]);
      const inputs = [
        x,
        n.weight([1, gates * C, C]),
        n.weight([1, gates * C, C]),
        n.weight([1, 2 * gates * C]),
        "",
        zero,
      ];
      const all = n.op(type, type === "LSTM" ? [...inputs, zero, n.weight([1, 3 * C])] : inputs, { hidden_size: C });
      const steps = n.op("Squeeze", [all, n.ints(1)]);
      return n.op("Mul", [steps, n.op("ReduceSum", [steps, n.ints(2)])]);
    };
    expect(await sequence(body)).toBe("12, 12");
  });

  test.each(cells)("%s with states and lengths of its own", async (type, gates) => {
    const net = new Network(17);
    const x = net.linear(net.input(3, 2, 6), 6, C);
    const state = (): string => net.weight([1, 2, 8]);
    const inputs = [x, net.weight([1, gates * 8, C]), net.weight([1, gates * 8, 8]), "", net.int32s(2, 3), state()];
    const all = net.op(type, type === "LSTM" ? [...inputs, state()] : inputs, { hidden_size: 8 });
    const steps = net.op("Squeeze", [all, net.ints(1)]);
    const scaled = net.op("Mul", [steps, net.op("ReduceSum", [steps, net.ints(2)])]);
    expect(await cutAll(net, net.linear(scaled, 8, 5))).toBe("12, 8");
  });
});

test("ReverseSequence", async () => {
  const body: Body = (n, x) => {
    const lengths = n.op("Expand", [n.ints(3), n.op("Slice", [n.op("Shape", [x]), n.ints(1), n.ints(2)])]);
    return n.op("ReverseSequence", [x, lengths]);
  };
  expect(await sequence(body)).toBe("12");
});

describe("products", () => {
  test("a chain of Gemm", async () => {
    const net = new Network(17);
    const a = net.op("Gemm", [net.input("batch", 9), net.weight([9, 14]), net.weight([14])]);
    const b = net.op("Gemm", [net.op("Relu", [a]), net.weight([7, 14]), net.weight([1])], { transB: 1 });
    expect(await cutAll(net, net.op("Gemm", [net.op("Sigmoid", [b]), net.weight([7, 3])]))).toBe("14, 7");
  });

  test("attention", async () => {
    const body: Body = (n, x) => {
      const heads = (y: string, perm: readonly number[]): string =>
        n.op("Transpose", [n.op("Reshape", [n.linear(y, C, C), n.ints(0, 0, 3, 4)])], { perm });
      const [q, k, v] = [heads(x, [0, 2, 1, 3]), heads(x, [0, 2, 3, 1]), heads(x, [0, 2, 1, 3])];
      const scores = n.op("Softmax", [n.op("Div", [n.op("MatMul", [q, k]), n.scalar(2)])]);
      const mixed = n.op("Transpose", [n.op("MatMul", [scores, v])], { perm: [0, 2, 1, 3] });
      return n.op("Reshape", [mixed, n.ints(0, 0, C)]);
    };
    expect((await sequence(body)).split(", ").toSorted()).toEqual(["12", "3", "4", "4"]);
  });
});
