import { describe, expect, test } from "vitest";
import { cutAll } from "./cut-all.ts";
import { Network } from "./network.ts";

// ONNX Runtime's own operators, as its optimiser writes them into files, cut and compared as in operator-cuts.test.ts.

const C = 12;
const float = (value: number) => ({ type: "float", value }) as const;

type Body = (net: Network, x: string) => string;

/** [batch, 4, features] between two linear layers. */
function sequence(body: Body, out = C): Promise<string> {
  const net = new Network(17);
  return cutAll(net, net.linear(body(net, net.linear(net.input("batch", 4, 6), 6, C)), out, 5));
}

function image(body: Body): Promise<string> {
  const net = new Network(17);
  return cutAll(net, net.conv(body(net, net.conv(net.input("batch", 3, 8, 8), 3, C, 3)), C, 5, 3));
}

describe("convolutions and products", () => {
  const pads = { pads: [1, 1, 1, 1] };
  test("FusedConv", async () => {
    const fused = (activation: string): Body => {
      return (n, x) => n.op("com.microsoft:FusedConv", [x, n.weight([C, C, 3, 3]), n.weight([C])], { activation, ...pads }); // prettier-ignore
    };
    expect(await image(fused("Relu"))).toBe("12, 12");
    expect(await image(fused("Sigmoid"))).toBe("12, 12");
  });

  test("FusedConv with a sum", async () => {
    const body: Body = (n, x) =>
      n.op("com.microsoft:FusedConv", [x, n.weight([C, C, 3, 3]), n.weight([C]), x], { activation: "Relu", ...pads });
    expect(await image(body)).toBe("12");
  });

  test("what an activation does to zeros is known", async () => {
    const body =
      (activation: string): Body =>
      (n, x) => {
        const y = n.op("com.microsoft:FusedConv", [x, n.weight([C, C, 3, 3]), n.weight([C])], { activation, ...pads });
        return n.op("Mul", [y, n.op("ReduceSum", [y, n.ints(1)])]);
      };
    expect(await image(body("Tanh"))).toBe("12, 12");
    expect(await image(body("Sigmoid"))).toBe("12, 12 inexact");
  });

  test("FusedGemm", async () => {
    const net = new Network(17);
    const gemm = (x: string, from: number, to: number): string =>
      net.op("com.microsoft:FusedGemm", [x, net.weight([to, from]), net.weight([to])], { transB: 1, activation: "Relu" }); // prettier-ignore
    expect(await cutAll(net, gemm(gemm(gemm(net.input("batch", 6), 6, C), C, 7), 7, 3))).toBe("12, 7");
  });

  test("FusedMatMul", async () => {
    const body: Body = (n, x) => {
      const y = n.op("com.microsoft:FusedMatMul", [x, n.weight([7, C])], { transB: 1, alpha: float(0.5) });
      const scores = n.op("com.microsoft:FusedMatMul", [y, y], { transB: 1, alpha: float(0.4) });
      return n.op("MatMul", [n.op("Softmax", [scores]), y]);
    };
    expect(await sequence(body, 7)).toBe("12, 7");
  });
});

describe("activations and normalisations", () => {
  test("Gelu, BiasGelu, FastGelu, QuickGelu", async () => {
    for (const type of ["Gelu", "FastGelu", "QuickGelu"])
      expect(await sequence((n, x) => n.op(`com.microsoft:${type}`, [x]))).toBe("12");
    for (const type of ["BiasGelu", "FastGelu"])
      expect(await sequence((n, x) => n.op(`com.microsoft:${type}`, [x, n.weight([C])]))).toBe("12");
  });

  test("SimplifiedLayerNormalization", async () => {
    expect(await sequence((n, x) => n.op("SimplifiedLayerNormalization", [x, n.weight([C])]))).toBe("12 inexact");
  });

  const skips = {
    SkipLayerNormalization: (n: Network) => [n.weight([C]), n.weight([C]), n.weight([C])],
    SkipSimplifiedLayerNormalization: (n: Network) => [n.weight([C]), n.weight([C])],
  };
  test.each(Object.entries(skips))("%s", async (type, vectors) => {
    const body: Body = (n, x) => {
      const h = n.linear(n.op("com.microsoft:Gelu", [n.linear(x, C, 8)]), 8, C);
      const [y, , , sum] = n.ops(`com.microsoft:${type}`, [h, x, ...vectors(n)], {}, 4);
      return n.op("Add", [y!, n.op("Relu", [sum!])]);
    };
    expect((await sequence(body)).split(", ").toSorted()).toEqual(["12 inexact", "8"]);
  });

  test("EmbedLayerNormalization", async () => {
    const net = new Network(17);
    const ids = net.op("Cast", [net.op("Abs", [net.input("batch", 4)])], { to: 6 });
    const inputs = [ids, "", net.weight([5, C]), net.weight([4, C]), "", net.weight([C]), net.weight([C])];
    const [x] = net.ops("com.microsoft:EmbedLayerNormalization", inputs, {}, 2);
    expect(await cutAll(net, net.linear(net.linear(x!, C, 7), 7, 5))).toBe("7, 12 inexact");
  });
});

describe("attention", () => {
  test("Attention", async () => {
    const body: Body = (n, x) =>
      n.op("com.microsoft:Attention", [x, n.weight([C, 36]), n.weight([36])], { num_heads: 3 });
    expect((await sequence(body)).split(", ").toSorted()).toEqual(["12", "3", "4"]);
  });

  test("MultiHeadAttention, with and without a bias", async () => {
    const body =
      (bias: boolean): Body =>
      (n, x) => {
        const inputs = [n.linear(x, C, C), n.linear(x, C, C), n.linear(x, C, C), ...(bias ? [n.weight([36])] : [])];
        return n.op("com.microsoft:MultiHeadAttention", inputs, { num_heads: 3 });
      };
    expect((await sequence(body(false))).split(", ").toSorted()).toEqual(["12", "3", "4", "4"]);
    expect((await sequence(body(true))).split(", ").toSorted()).toEqual(["12", "3", "4"]);
  });

  test("GroupQueryAttention, whose positions are turned inside", async () => {
    const body: Body = (n, x) => {
      const [q, k, v] = [n.linear(x, C, 128), n.linear(x, C, 64), n.linear(x, C, 64)];
      const steps = n.op("Cast", [n.op("Gather", [n.op("Shape", [x]), n.ints(0)])], { to: 6 });
      const lengths = n.op("Expand", [n.int32([3], []), n.op("Cast", [steps], { to: 7 })]);
      const empty = n.op("Expand", [n.weight([1, 4, 0, 16]), n.op("Concat", [n.op("Cast", [steps], { to: 7 }), n.ints(4, 0, 16)], { axis: 0 })]); // prettier-ignore
      const inputs = [q, k, v, empty, empty, lengths, n.int32([4], []), n.weight([4, 8]), n.weight([4, 8])];
      const attributes = { num_heads: 8, kv_num_heads: 4, do_rotary: 1 };
      return n.ops("com.microsoft:GroupQueryAttention", inputs, attributes, 3)[0]!;
    };
    expect((await sequence(body, 128)).split(", ").toSorted()).toEqual(["12", "2", "4"]);
  });

  test("RotaryEmbedding", async () => {
    const body: Body = (n, x) => {
      const angles = [n.weight([4, 2]), n.weight([4, 2])];
      const ids = n.op("Expand", [n.ints(0), n.op("Slice", [n.op("Shape", [x]), n.ints(0), n.ints(1)])]);
      const positions = n.op("Add", [n.op("Unsqueeze", [ids, n.ints(1)]), n.ints(0, 1, 2, 3)]);
      const turned = (y: string): string => n.op("com.microsoft:RotaryEmbedding", [y, positions, ...angles]);
      const inputs = [turned(n.linear(x, C, C)), turned(n.linear(x, C, C)), n.linear(x, C, C)];
      return n.op("com.microsoft:MultiHeadAttention", inputs, { num_heads: 3 });
    };
    expect((await sequence(body)).split(", ").toSorted()).toEqual(["12", "2", "3", "4"]);
  });
});
