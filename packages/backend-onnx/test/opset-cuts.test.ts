import { describe, expect, test } from "vitest";
import { cutAll } from "./cut-all.ts";
import { Network } from "./network.ts";

// The same networks in operator sets from 7 to the newest that ONNX Runtime runs: what was an attribute became an input,
// operators came and went. See operator-cuts.test.ts.

const C = 12;
const NEWEST = 26;

type Body = (net: Network, x: string) => string;

/** [batch, 12, 8, 8] between two convolutions. */
function image(body: Body, opset: number): Promise<string> {
  const net = new Network(opset);
  return cutAll(net, net.conv(body(net, net.conv(net.input("batch", 3, 8, 8), 3, C, 3)), C, 5));
}

/** [batch, 6, 12] between two linear layers. */
function sequence(body: Body, opset: number): Promise<string> {
  const net = new Network(opset);
  return cutAll(net, net.linear(body(net, net.linear(net.input("batch", 6, 5), 5, C)), C, 5));
}

const float = (value: number) => ({ type: "float", value }) as const;

describe("a residual block", () => {
  test.each([7, 9, 11, 15, 19, 22, NEWEST])("opset %i", async (opset) => {
    const body: Body = (n, x) => {
      const parameters = [n.weight([C]), n.weight([C]), n.weight([C]), n.weight([C], 2)];
      const y = n.op("Relu", [n.op("BatchNormalization", [n.conv(x, C, C, 3), ...parameters])]);
      const pooled = n.op("GlobalAveragePool", [n.op("Add", [x, n.conv(y, C, C)])]);
      return n.op("Mul", [x, n.op("Sigmoid", [n.conv(pooled, C, C)])]);
    };
    expect(await image(body, opset)).toBe("12, 12");
  });
});

describe("what changed its form", () => {
  const forms: Record<string, readonly (readonly [opset: number, body: Body])[]> = {
    Clip: [
      [7, (n, x) => n.op("Clip", [x], { min: float(0), max: float(6) })],
      [11, (n, x) => n.op("Clip", [x, n.scalar(0), n.scalar(6)])],
      [NEWEST, (n, x) => n.op("Clip", [x, "", n.scalar(6)])],
    ],
    ReduceMean: [
      [7, (n, x) => n.op("ReduceMean", [x], { axes: [2, 3] })],
      [18, (n, x) => n.op("ReduceMean", [x, n.ints(2, 3)])],
    ],
    ReduceSum: [
      [11, (n, x) => n.op("ReduceSum", [x], { axes: [2, 3] })],
      [13, (n, x) => n.op("ReduceSum", [x, n.ints(-1, -2)])],
      [NEWEST, (n, x) => n.op("ReduceSum", [x, n.ints(-1, -2)])],
    ],
    "Squeeze and Unsqueeze": [
      [7, (n, x) => n.op("Squeeze", [n.op("Unsqueeze", [x], { axes: [2] })], { axes: [2] })],
      [13, (n, x) => n.op("Squeeze", [n.op("Unsqueeze", [x, n.ints(2)]), n.ints(2)])],
      [NEWEST, (n, x) => n.op("Squeeze", [n.op("Unsqueeze", [x, n.ints(-3)]), n.ints(-3)])],
    ],
    "Upsample and Resize": [
      [7, (n, x) => n.op("Upsample", [x], { scales: { type: "floats", value: [1, 1, 2, 2] } })],
      [9, (n, x) => n.op("Upsample", [x, n.floats(1, 1, 2, 2)])],
      [10, (n, x) => n.op("Resize", [x, n.floats(1, 1, 2, 2)])],
      [11, (n, x) => n.op("Resize", [x, n.floats(), n.floats(1, 1, 2, 2)])],
      [13, (n, x) => n.op("Resize", [x, "", n.floats(1, 1, 2, 2)], { mode: "linear" })],
      [18, (n, x) => n.op("Resize", [x, "", "", n.ints(16, 16)], { axes: [2, 3] })],
      [NEWEST, (n, x) => n.op("Resize", [x, "", n.floats(1, 1, 2, 2)])],
    ],
    Pad: [
      [7, (n, x) => n.op("Pad", [x], { pads: [0, 0, 1, 1, 0, 0, 1, 1] })],
      [11, (n, x) => n.op("Pad", [x, n.ints(0, 0, 1, 1, 0, 0, 1, 1)])],
      [18, (n, x) => n.op("Pad", [x, n.ints(1, 1, 1, 1), "", n.ints(2, 3)])],
    ],
    Dropout: [
      [7, (n, x) => n.op("Dropout", [x], { ratio: float(0.5) })],
      [12, (n, x) => n.op("Dropout", [x, n.scalar(0.5)])],
      [NEWEST, (n, x) => n.op("Dropout", [x, n.scalar(0.5)])],
    ],
    "Softmax along an axis": [
      [11, (n, x) => n.op("Softmax", [x], { axis: 3 })],
      [13, (n, x) => n.op("Softmax", [x], { axis: -1 })],
    ],
    "activations that became operators": [
      [14, (n, x) => n.op("HardSwish", [x])],
      [18, (n, x) => n.op("Mish", [x])],
      [20, (n, x) => n.op("Gelu", [x], { approximate: "tanh" })],
      // ONNX Runtime has no kernel for it from opset 25 on.
      [24, (n, x) => n.op("Swish", [x])],
    ],
    GroupNormalization: [
      [18, (n, x) => n.op("GroupNormalization", [x, n.weight([4]), n.weight([4])], { num_groups: 4 })],
      [21, (n, x) => n.op("GroupNormalization", [x, n.weight([C]), n.weight([C])], { num_groups: 4 })],
      [NEWEST, (n, x) => n.op("GroupNormalization", [x, n.weight([C]), n.weight([C])], { num_groups: 4 })],
    ],
  };
  const cases = Object.entries(forms).flatMap(([name, list]) =>
    list.map(([opset, body]) => [name, opset, body] as const),
  );
  test.each(cases)("%s at opset %i", async (name, opset, body) => {
    expect(await image(body, opset)).toBe(name === "GroupNormalization" ? "4, 3 inexact" : "12");
  });

  const slice: readonly (readonly [number, Body])[] = [
    [7, (n, x) => n.op("Slice", [x], { axes: [1], starts: [2], ends: [8] })],
    [10, (n, x) => n.op("Slice", [x, n.ints(2), n.ints(8), n.ints(1)])],
    [NEWEST, (n, x) => n.op("Slice", [x, n.ints(2), n.ints(8), n.ints(-3), n.ints(1)])],
  ];
  test.each(slice)("Slice at opset %i", async (opset, body) => {
    const net = new Network(opset);
    const y = body(net, net.conv(net.input("batch", 3, 8, 8), 3, C, 3));
    expect(await cutAll(net, net.conv(y, 6, 5))).toBe("6, 6");
  });

  const split: readonly (readonly [number, (net: Network, x: string) => string[]])[] = [
    [7, (n, x) => n.ops("Split", [x], { axis: 1 }, 2)],
    [11, (n, x) => n.ops("Split", [x], { axis: 1, split: [6, 6] }, 2)],
    [13, (n, x) => n.ops("Split", [x, n.ints(6, 6)], { axis: 1 }, 2)],
    [18, (n, x) => n.ops("Split", [x], { axis: 1, num_outputs: 2 }, 2)],
    [NEWEST, (n, x) => n.ops("Split", [x], { axis: -3, num_outputs: 2 }, 2)],
  ];
  test.each(split)("Split at opset %i", async (opset, body) => {
    const net = new Network(opset);
    const [a, b] = body(net, net.conv(net.input("batch", 3, 8, 8), 3, C, 3));
    expect(await cutAll(net, net.conv(net.op("Mul", [a!, net.op("Sigmoid", [b!])]), 6, 5))).toBe("6");
  });
});

describe("matrices", () => {
  test.each([7, 9, 11, 13, NEWEST])("Gemm and Flatten at opset %i", async (opset) => {
    const net = new Network(opset);
    const x = net.op("Flatten", [net.op("Relu", [net.conv(net.input("batch", 3, 4, 4), 3, C, 3)])]);
    const y = net.op("Gemm", [x, net.weight([10, C * 16]), net.weight([10])], { transB: 1 });
    expect(await cutAll(net, net.op("Gemm", [y, net.weight([10, 3]), net.weight([3])]))).toBe("12, 10");
  });

  test.each([7, 14, NEWEST])("LSTM, GRU and RNN at opset %i", async (opset) => {
    for (const [type, gates] of [
      ["LSTM", 4],
      ["GRU", 3],
      ["RNN", 1],
    ] as const) {
      const net = new Network(opset);
      const x = net.linear(net.input(4, "batch", 6), 6, C);
      const inputs = [x, net.weight([1, gates * 8, C]), net.weight([1, gates * 8, 8]), net.weight([1, 2 * gates * 8])];
      const [, last] = net.ops(type, inputs, { hidden_size: 8 }, 2);
      expect(await cutAll(net, net.linear(last!, 8, 3))).toBe("12, 8");
    }
  });

  test("LayerNormalization 17 and RMSNormalization 23", async () => {
    expect(await sequence((n, x) => n.op("LayerNormalization", [x, n.weight([C]), n.weight([C])]), 17)).toBe(
      "12 inexact",
    );
    for (const opset of [23, NEWEST])
      expect(await sequence((n, x) => n.op("RMSNormalization", [x, n.weight([C])]), opset)).toBe("12 inexact");
  });
});

describe("attention as one operator", () => {
  const opsets = [23, NEWEST];

  test.each(opsets)("heads as an axis, queries sharing keys and values, opset %i", async (opset) => {
    const body: Body = (n, x) => {
      const split = (y: string, heads: number): string =>
        n.op("Transpose", [n.op("Reshape", [y, n.ints(0, 0, heads, -1)])], { perm: [0, 2, 1, 3] });
      const [q, k, v] = [split(n.linear(x, C, 24), 6), split(n.linear(x, C, 12), 3), split(n.linear(x, C, 9), 3)];
      const y = n.op("Attention", [q, k, v], { is_causal: 1 });
      const rows = n.op("Reshape", [n.op("Transpose", [y], { perm: [0, 2, 1, 3] }), n.ints(0, 0, 18)]);
      return n.linear(rows, 18, C);
    };
    expect((await sequence(body, opset)).split(", ").toSorted()).toEqual(["12", "12", "2", "3", "3", "4"]);
  });

  test.each(opsets)("heads within the last axis, opset %i", async (opset) => {
    const body: Body = (n, x) => {
      const parts = [n.linear(x, C, 24), n.linear(x, C, 12), n.linear(x, C, 9)];
      const y = n.op("Attention", [...parts, n.weight([6, 6])], { q_num_heads: 6, kv_num_heads: 3 });
      return n.linear(y, 18, C);
    };
    expect((await sequence(body, opset)).split(", ").toSorted()).toEqual(["12", "12", "2", "3", "3", "4"]);
  });

  test.each(opsets)("pairs of features that RotaryEmbedding turns, opset %i", async (opset) => {
    for (const [attributes, rank] of [
      [{}, 4],
      [{ interleaved: 1 }, 4],
      [{ rotary_embedding_dim: 4 }, 4],
      [{}, 3],
    ] as const) {
      const body: Body = (n, x) => {
        const split = (y: string): string =>
          n.op("Transpose", [n.op("Reshape", [y, n.ints(0, 0, 2, 8)])], { perm: [0, 2, 1, 3] });
        const half = "rotary_embedding_dim" in attributes ? 2 : 4;
        const angles = (): string => n.weight([6, half]);
        const rows = n.op("Expand", [
          n.ints(0, 1, 2, 3, 4, 5),
          n.op("Slice", [n.op("Shape", [x]), n.ints(0), n.ints(2)]),
        ]);
        const cache = [angles(), angles(), rows];
        const turn = (y: string): string =>
          rank === 4
            ? n.op("RotaryEmbedding", [split(y), ...cache], attributes)
            : split(n.op("RotaryEmbedding", [y, ...cache], { ...attributes, num_heads: 2 }));
        const [q, k, v] = [turn(n.linear(x, C, 16)), turn(n.linear(x, C, 16)), split(n.linear(x, C, 16))];
        const y = n.op("Attention", [q, k, v]);
        return n.linear(n.op("Reshape", [n.op("Transpose", [y], { perm: [0, 2, 1, 3] }), n.ints(0, 0, 16)]), 16, C);
      };
      const found = (await sequence(body, opset)).split(", ").toSorted();
      expect(found).toEqual(
        "rotary_embedding_dim" in attributes ? ["12", "12", "2", "2", "4", "8"] : ["12", "12", "2", "4", "8"],
      );
    }
  });
});
