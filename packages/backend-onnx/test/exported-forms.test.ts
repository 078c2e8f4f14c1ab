import { describe, expect, test } from "vitest";
import { cutAll } from "./cut-all.ts";
import { Network } from "./network.ts";

// Networks in the forms that exporters and converters give them, cut and compared as in operator-cuts.test.ts.

const C = 12;

describe("half precision between casts", () => {
  test("convolutions and a product", async () => {
    const net = new Network(17);
    const conv = (x: string, from: number, to: number): string =>
      net.op("Conv", [x, net.half([to, from, 3, 3]), net.half([to])], { pads: [1, 1, 1, 1] });
    const x = net.op("Cast", [net.input("batch", 3, 8, 8)], { to: 10 });
    const y = net.op("Relu", [conv(net.op("Relu", [conv(x, 3, C)]), C, 7)]);
    const flat = net.op("Flatten", [net.op("GlobalAveragePool", [y])]);
    const product = net.op("Gemm", [flat, net.half([7, 5]), net.half([5])]);
    expect(await cutAll(net, net.op("Cast", [product], { to: 1 }))).toBe("12, 7");
  });

  test("weights cast to single precision, as float16 storage writes them", async () => {
    const net = new Network(17);
    const linear = (x: string, from: number, to: number): string => {
      const w = net.op("Cast", [net.half([from, to])], { to: 1 });
      return net.op("Add", [net.op("MatMul", [x, w]), net.op("Cast", [net.half([to])], { to: 1 })]);
    };
    const a = net.op("Relu", [linear(net.input("batch", 6), 6, C)]);
    expect(await cutAll(net, linear(a, C, 5))).toBe("12");
  });
});

describe("channels last, as tf2onnx writes it", () => {
  const toFirst = (n: Network, x: string): string => n.op("Transpose", [x], { perm: [0, 3, 1, 2] });
  const toLast = (n: Network, x: string): string => n.op("Transpose", [x], { perm: [0, 2, 3, 1] });
  /** Kernels are stored as TensorFlow has them, biases and normalisations work on the last axis. */
  const conv = (n: Network, x: string, from: number, to: number): string => {
    const w = n.op("Transpose", [n.weight([3, 3, from, to])], { perm: [3, 2, 0, 1] });
    const y = n.op("Conv", [toFirst(n, x), w], { auto_pad: "SAME_UPPER", kernel_shape: [3, 3] });
    return n.op("Add", [n.op("Mul", [toLast(n, y), n.weight([to])]), n.weight([to])]);
  };

  test("a residual block, a depthwise layer, padding, and a mean", async () => {
    const net = new Network(13);
    const stem = net.op("Relu", [conv(net, net.input("batch", 8, 8, 3), 3, C)]);
    const inner = net.op("Relu", [conv(net, stem, C, 7)]);
    const sum = net.op("Add", [stem, conv(net, inner, 7, C)]);
    const padded = net.op("Pad", [sum, net.ints(0, 1, 1, 0, 0, 1, 1, 0)]);
    const kernel = net.op("Reshape", [net.op("Transpose", [net.weight([3, 3, C, 1])], { perm: [2, 3, 0, 1] }), net.ints(C, 1, 3, 3)]); // prettier-ignore
    const depthwise = toLast(net, net.op("Conv", [toFirst(net, padded), kernel], { group: C }));
    const mean = net.op("ReduceMean", [depthwise], { axes: [1, 2], keepdims: 0 });
    const y = net.op("Add", [net.op("MatMul", [mean, net.weight([C, 5])]), net.weight([5])]);
    expect((await cutAll(net, y)).split(", ").toSorted()).toEqual(["12", "7"]);
  });

  test("a flatten whose positions stand before its channels", async () => {
    const net = new Network(13);
    const y = net.op("Relu", [conv(net, net.input("batch", 4, 4, 3), 3, C)]);
    const flat = net.op("Reshape", [y, net.ints(-1, 16 * C)]);
    expect(await cutAll(net, net.linear(flat, 16 * C, 5))).toBe("12");
  });
});

describe("as paddle2onnx writes it", () => {
  test("squeeze and excitation, hard swish in parts, shapes from Slice and Concat", async () => {
    const net = new Network(11);
    const hardSwish = (x: string): string => {
      const clipped = net.op("Clip", [net.op("Add", [x, net.scalar(3)]), net.scalar(0), net.scalar(6)]);
      return net.op("Div", [net.op("Mul", [x, clipped]), net.scalar(6)]);
    };
    const biased = (x: string, from: number, to: number): string => {
      const y = net.op("Conv", [x, net.weight([to, from, 1, 1])], { kernel_shape: [1, 1] });
      return net.op("Add", [y, net.op("Reshape", [net.weight([to]), net.ints(1, -1, 1, 1)])]);
    };
    const normalized = (x: string): string =>
      net.op("BatchNormalization", [x, net.weight([C]), net.weight([C]), net.weight([C]), net.weight([C], 2)]);
    const x = hardSwish(normalized(net.conv(net.input("batch", 3, 8, 8), 3, C, 3)));
    const squeezed = net.op("Relu", [biased(net.op("GlobalAveragePool", [x]), C, 4)]);
    const gate = net.op("HardSigmoid", [biased(squeezed, 4, C)], { alpha: { type: "float", value: 0.2 } });
    const scaled = net.op("Mul", [x, gate]);
    // Rows of pixels for a product: the batch comes from the shape.
    const batch = net.op("Slice", [net.op("Shape", [scaled]), net.ints(0), net.ints(1)]);
    const shape = net.op("Concat", [batch, net.ints(C), net.ints(64)], { axis: 0 });
    const rows = net.op("Transpose", [net.op("Reshape", [scaled, shape])], { perm: [0, 2, 1] });
    expect((await cutAll(net, net.linear(rows, C, 5))).split(", ").toSorted()).toEqual(["12", "4"]);
  });

  test("queries, keys and values from one product, divided by Slice along an axis of three", async () => {
    const net = new Network(11);
    const x = net.linear(net.input("batch", 4, 6), 6, C);
    const all = net.op("Reshape", [net.linear(x, C, 3 * C), net.ints(0, 4, 3, 3, 4)]);
    const moved = net.op("Transpose", [all], { perm: [2, 0, 3, 1, 4] });
    const part = (i: number): string => {
      const one = net.op("Slice", [moved, net.ints(i), net.ints(i + 1), net.ints(0)]);
      return net.op("Squeeze", [one], { axes: [0] });
    };
    const scores = net.op("MatMul", [net.op("Mul", [part(0), net.scalar(0.5)]), net.op("Transpose", [part(1)], { perm: [0, 1, 3, 2] })]); // prettier-ignore
    const mixed = net.op("MatMul", [net.op("Softmax", [scores], { axis: 3 }), part(2)]);
    const back = net.op("Reshape", [net.op("Transpose", [mixed], { perm: [0, 2, 1, 3] }), net.ints(0, 4, C)]);
    const found = await cutAll(net, net.linear(back, C, 5));
    expect(found.split(", ").toSorted().slice(0, 2)).toEqual(["12", "3"]);
  });
});
