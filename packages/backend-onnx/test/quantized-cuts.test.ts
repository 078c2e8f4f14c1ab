import { analyzeModel, toFloat32 } from "@prune/core";
import { describe, expect, test } from "vitest";
import { onnxModel, onnxruntimeNode, ortRuntime } from "../src/node/index.ts";
import { cutAll } from "./cut-all.ts";
import { Network } from "./network.ts";

// Quantised networks, as quantisation tools write them, cut and compared as in operator-cuts.test.ts.

const C = 12;
const runtime = ortRuntime(onnxruntimeNode);

/** A value quantised to bytes and back, by one scale. */
function roundTrip(n: Network, x: string): string {
  const [scale, zero] = [n.scalar(0.02), n.bytes("uint8", [], 117)];
  return n.op("DequantizeLinear", [n.op("QuantizeLinear", [x, scale, zero]), scale, zero]);
}

/** A convolution whose weights are stored as bytes. */
function qdqConv(n: Network, x: string, from: number, to: number, perChannel: boolean): string {
  const scale = perChannel ? n.floats(...Array.from({ length: to }, (_, i) => 0.002 + 0.0005 * i)) : n.scalar(0.004);
  const stored = perChannel ? n.bytes("int8", [to, from, 3, 3]) : n.bytes("uint8", [to, from, 3, 3]);
  const zero = perChannel ? n.bytes("int8", [to], 0) : n.bytes("uint8", [], 131);
  const w = n.op("DequantizeLinear", [stored, scale, zero], perChannel ? { axis: 0 } : {});
  const b = n.op("DequantizeLinear", [n.int32(Array.from({ length: to }, (_, i) => 40 * i - 200)), n.scalar(0.001)]);
  return n.op("Conv", [roundTrip(n, x), w, b], { pads: [1, 1, 1, 1] });
}

describe("QuantizeLinear and DequantizeLinear", () => {
  test.each([true, false])("convolutions, a scale per channel: %s", async (perChannel) => {
    const net = new Network(17);
    const a = net.op("Relu", [qdqConv(net, net.input("batch", 3, 8, 8), 3, C, perChannel)]);
    expect(await cutAll(net, qdqConv(net, a, C, 5, perChannel))).toBe("12");
  });

  test("importance speaks of the numbers that integers stand for", async () => {
    const net = new Network(17);
    const y = qdqConv(net, qdqConv(net, net.input("batch", 3, 8, 8), 3, C, false), C, 5, false);
    const graph = net.graph(y);
    const { groups } = await analyzeModel(onnxModel(graph, { runtime }));
    const { members } = groups.find((g) => !g.blocked)!;
    const stored = members.find((m) => graph.parameters.get(m.tensor.name)?.dtype === "uint8")!;
    const [q] = graph.parameters.get(stored.tensor.name)!.bytes();
    expect(toFloat32(stored.tensor)[0]).toBeCloseTo(0.004 * (q! - 131), 6);
  });

  test("a product whose weights are quantised in blocks keeps what is in a block", async () => {
    const net = new Network(21);
    const x = net.linear(net.input("batch", 6), 6, C);
    const w = net.op("DequantizeLinear", [net.bytes("int8", [C, 8]), net.weight([3, 8])], { axis: 0, block_size: 4 });
    expect(await cutAll(net, net.linear(net.op("MatMul", [x, w]), 8, 5))).toBe("8");
  });
});

describe("operators of integers", () => {
  const u8 = (n: Network, zero = 120): [scale: string, zero: string] => [n.scalar(0.03), n.bytes("uint8", [], zero)];

  /** Quantised values between two quantised convolutions, brought back to numbers. */
  function between(body: (n: Network, q: string, p: [string, string]) => string): Promise<string> {
    const net = new Network(17);
    const p = u8(net);
    const conv = (q: string, from: number, to: number): string => {
      const scales = net.floats(...Array.from({ length: to }, (_, i) => 0.002 + 0.0003 * i));
      const bias = net.int32(Array.from({ length: to }, (_, i) => 30 * i - 100));
      const inputs = [q, ...p, net.bytes("int8", [to, from, 3, 3]), scales, net.bytes("int8", [to], 0), ...p, bias];
      return net.op("QLinearConv", inputs, { pads: [1, 1, 1, 1] });
    };
    const first = conv(net.op("QuantizeLinear", [net.input("batch", 3, 8, 8), ...p]), 3, C);
    return cutAll(net, net.op("DequantizeLinear", [conv(body(net, first, p), C, 5), ...p]));
  }

  test("QLinearConv", async () => {
    expect(await between((_, q) => q)).toBe("12");
    expect(await between((n, q) => n.op("MaxPool", [q], { kernel_shape: [2, 2] }))).toBe("12");
  });

  test("QLinearAdd, QLinearMul, QLinearSigmoid, QLinearLeakyRelu", async () => {
    expect(await between((n, q, p) => n.op("com.microsoft:QLinearAdd", [q, ...p, q, ...p, ...p]))).toBe("12");
    expect(await between((n, q, p) => n.op("com.microsoft:QLinearMul", [q, ...p, q, ...p, ...p]))).toBe("12");
    expect(await between((n, q, p) => n.op("com.microsoft:QLinearSigmoid", [q, ...p, ...p]))).toBe("12");
    expect(await between((n, q, p) => n.op("com.microsoft:QLinearLeakyRelu", [q, ...p, ...p]))).toBe("12");
  });

  test("QLinearAveragePool, QLinearGlobalAveragePool", async () => {
    const window = { kernel_shape: [2, 2] };
    expect(await between((n, q, p) => n.op("com.microsoft:QLinearAveragePool", [q, ...p, ...p], window))).toBe("12");
    expect(await between((n, q, p) => n.op("com.microsoft:QLinearGlobalAveragePool", [q, ...p, ...p]))).toBe("12");
  });

  test("QLinearConcat", async () => {
    const body = (n: Network, q: string, p: [string, string]): string => {
      const both = n.op("com.microsoft:QLinearConcat", [...p, q, ...p, q, ...p], { axis: 1 });
      const halves = n.ops("Split", [both], { axis: 1 }, 2);
      return n.op("com.microsoft:QLinearAdd", [halves[0]!, ...p, halves[1]!, ...p, ...p]);
    };
    expect(await between(body)).toBe("12");
  });

  test("DynamicQuantizeLinear, MatMulInteger and ConvInteger", async () => {
    const net = new Network(17);
    const scaled = (y: string, scale: string): string =>
      net.op("Mul", [net.op("Cast", [y], { to: 1 }), net.op("Mul", [scale, net.scalar(0.01)])]);
    const dynamic = (x: string): string[] => net.ops("DynamicQuantizeLinear", [x], {}, 3);
    const [q, s, z] = dynamic(net.input("batch", 3, 8, 8)) as [string, string, string];
    const weights = [net.bytes("int8", [C, 3, 3, 3]), z, net.bytes("int8", [], 0)];
    const a = net.op("Relu", [scaled(net.op("ConvInteger", [q, ...weights]), s)]);
    const [q2, s2, z2] = dynamic(net.op("ReduceMean", [a], { axes: [2, 3], keepdims: 0 })) as [string, string, string];
    const product = net.op("MatMulInteger", [q2, net.bytes("uint8", [C, 7]), z2, net.bytes("uint8", [], 128)]);
    expect(await cutAll(net, net.linear(net.op("Relu", [scaled(product, s2)]), 7, 3))).toBe("12, 7");
  });

  test("QLinearMatMul", async () => {
    const net = new Network(17);
    const p = u8(net);
    const product = (q: string, from: number, to: number): string =>
      net.op("QLinearMatMul", [q, ...p, net.bytes("uint8", [from, to]), net.scalar(0.005), net.bytes("uint8", [], 128), ...p]); // prettier-ignore
    const q = product(product(net.op("QuantizeLinear", [net.input("batch", 6), ...p]), 6, C), C, 7);
    expect(await cutAll(net, net.linear(net.op("DequantizeLinear", [q, ...p]), 7, 3))).toBe("12, 7");
  });

  test("MatMulIntegerToFloat and DynamicQuantizeMatMul", async () => {
    const net = new Network(17);
    const scales = (n: number): string => net.floats(...Array.from({ length: n }, (_, i) => 0.002 + 0.0003 * i));
    const [q, s, z] = net.ops("DynamicQuantizeLinear", [net.input("batch", 6)], {}, 3) as [string, string, string];
    const inputs = [q, net.bytes("int8", [6, C]), s, scales(C), z, net.bytes("int8", [C], 0), net.weight([C])];
    const a = net.op("com.microsoft:MatMulIntegerToFloat", inputs);
    const b = net.op("com.microsoft:DynamicQuantizeMatMul", [a, net.bytes("int8", [C, 7]), scales(7), "", net.weight([7])]); // prettier-ignore
    expect(await cutAll(net, net.linear(b, 7, 3))).toBe("12, 7");
  });
});
