import { float32Tensor, int64Tensor } from "@prune/core";
import { describe, expect, test } from "vitest";
import { cutAll } from "./cut-all.ts";
import { Network } from "./network.ts";

// Operators that move, pick, pad and repeat slices, held against ONNX Runtime between a layer that yields 12 channels and
// one that reads what they make of it. See operator-cuts.test.ts.

const C = 12;
const END = 2 ** 40;

/** What stands between the layers, and the number of channels it yields. */
type Body = (net: Network, x: string) => readonly [string, number];

/** [batch, 12, 8, 8] */
function image(body: Body, opset = 17): Promise<string> {
  const net = new Network(opset);
  const [y, channels] = body(net, net.conv(net.input("batch", 3, 8, 8), 3, C, 3));
  return cutAll(net, net.conv(y, channels, 5));
}

/** [batch, 5, 12] */
function sequence(body: Body, opset = 17): Promise<string> {
  const net = new Network(opset);
  const [y, features] = body(net, net.linear(net.input("batch", 5, 6), 6, C));
  return cutAll(net, net.linear(y, features, 5));
}

const slice = (n: Network, x: string, start: number, end: number, axis: number, step = 1): string =>
  n.op("Slice", [x, n.ints(start), n.ints(end), n.ints(axis), n.ints(step)]);

describe("picking", () => {
  const bodies: Record<string, readonly [string, Body, number?]> = {
    "a run": ["6, 6", (n, x) => [slice(n, x, 3, 9, 2), 6]],
    "every second one": ["6, 6", (n, x) => [slice(n, x, 1, END, 2, 2), 6]],
    "all of them, backwards": ["12", (n, x) => [slice(n, x, -1, -END, 2, -1), C]],
    "two axes at once, of which one becomes a Gather": [
      "8, 4",
      (n, x) => [n.op("Slice", [x, n.ints(1, 1), n.ints(END, END), n.ints(-1, 1), n.ints(1, 3)]), 4],
    ],
    "a run, by attributes": ["3, 9", (n, x) => [n.op("Slice", [x], { axes: [2], starts: [-9], ends: [END] }), 9], 9],
    "halves at a bound that is computed from the shape": [
      "6",
      (n, x) => {
        const size = slice(n, n.op("Shape", [x]), 2, 3, 0);
        const half = n.op("Div", [size, n.ints(2)]);
        const parts = [
          [n.ints(0), half],
          [half, size],
        ].map((bounds) => n.op("Slice", [x, ...bounds, n.ints(2)]));
        return [n.op("Add", parts), 6];
      },
    ],
    "even and odd ones, put together again": [
      "6",
      (n, x) => {
        const parts = [n.op("Neg", [slice(n, x, 1, END, 2, 2)]), slice(n, x, 0, END, 2, 2)];
        const pairs = n.op(
          "Concat",
          parts.map((p) => n.op("Unsqueeze", [p, n.ints(-1)])),
          { axis: -1 },
        );
        return [n.op("Reshape", [pairs, n.ints(0, 0, C)]), C];
      },
    ],
    thirds: [
      "4, 4",
      (n, x) => {
        const [a, b, c] = n.ops("Split", [x], { axis: -1 }, 3);
        return [n.op("Concat", [n.op("Mul", [a!, b!]), c!], { axis: 2 }), 8];
      },
    ],
    "parts of given sizes": [
      "4, 8",
      (n, x) => [n.op("Concat", n.ops("Split", [x, n.ints(4, 8)], { axis: 2 }, 2).toReversed(), { axis: 2 }), C],
    ],
    "parts of given sizes, by an attribute": [
      "5, 7",
      (n, x) => [n.op("Concat", n.ops("Split", [x], { axis: 2, split: [5, 7] }, 2).toReversed(), { axis: 2 }), C],
      11,
    ],
    "a number of parts": [
      "6, 6",
      (n, x) => [n.op("Concat", n.ops("Split", [x], { axis: 2, num_outputs: 2 }, 2).toReversed(), { axis: 2 }), C],
      18,
    ],
    "by a list, some twice": ["4, 7", (n, x) => [n.op("Gather", [x, n.ints(5, 3, 3, 0, -1, 7)], { axis: 2 }), 6]],
    "one of three": [
      "4",
      (n, x) => {
        const thirds = n.op("Reshape", [x, n.ints(0, 0, 3, 4)]);
        const [q, k, v] = [0, 1, 2].map((i) => n.op("Squeeze", [slice(n, thirds, i, i + 1, 2), n.ints(2)]));
        return [n.op("Add", [n.op("Mul", [q!, k!]), v!]), 4];
      },
    ],
    "rows of a table, at run time": [
      "12",
      (n, x) => {
        const rows = n.op("ArgMax", [n.op("Neg", [x])], { axis: 2, keepdims: 0 });
        return [n.op("Gather", [n.weight([C, C]), rows]), C];
      },
    ],
    "elements by their own indices": [
      "12",
      (n, x) => [n.op("GatherElements", [x, n.op("ArgMax", [x], { axis: 1 })], { axis: 1 }), C],
    ],
    "the first elements along an axis": ["12", (n, x) => [n.ops("TopK", [x, n.ints(3)], { axis: 1 }, 2)[0]!, C]],
    "what is written over": [
      "12",
      (n, x) => {
        const updates = slice(n, n.op("Neg", [x]), 1, 3, 1);
        const indices = n.op("Cast", [n.op("Mul", [updates, n.scalar(0)])], { to: 7 });
        return [n.op("ScatterElements", [x, indices, updates], { axis: 1 }), C];
      },
    ],
  };
  test.each(Object.entries(bodies))("%s", async (name, [expected, body, opset]) => {
    const run = name.startsWith("two axes") ? image : sequence;
    expect(await run(body, opset)).toBe(expected);
  });
});

describe("padding and repeating", () => {
  const channels = [0, 2, 1, 0, 0, 4, 0, 1];
  const bodies: Record<string, readonly [string, Body, number?]> = {
    "channels of zeros": [
      "6, 6",
      (n, x) => {
        const narrow = n.conv(n.op("Relu", [x]), C, 6);
        return [n.op("Add", [x, n.op("Pad", [narrow, n.ints(0, 2, 0, 0, 0, 4, 0, 0)])]), C];
      },
    ],
    "channels of zeros, by a list that an exporter fills up": [
      "6, 6",
      (n, x) => {
        const narrow = n.conv(n.op("Relu", [x]), C, 6);
        const value = { ...int64Tensor("", [0]), name: "" };
        const rest = n.op("ConstantOfShape", [n.op("Sub", [n.ints(8), n.ints(6)])], {
          value: { type: "tensor", value },
        });
        const pairs = n.op("Reshape", [n.op("Concat", [n.ints(0, 0, 0, 0, 2, 4), rest], { axis: 0 }), n.ints(4, 2)]);
        const backwards = n.op("Slice", [pairs, n.ints(-1), n.ints(-END), n.ints(0), n.ints(-1)]);
        const pads = n.op("Reshape", [n.op("Transpose", [backwards]), n.ints(-1)]);
        return [n.op("Add", [x, n.op("Pad", [narrow, pads])]), C];
      },
    ],
    "channels of another value": ["12, 6", (n, x) => [n.op("Pad", [x, n.ints(...channels), n.scalar(0.5)]), C + 6]],
    "channels by an attribute": ["12, 6", (n, x) => [n.op("Pad", [x], { pads: channels }), C + 6], 10],
    "channels by axes": ["12, 5", (n, x) => [n.op("Pad", [x, n.ints(2, 3), "", n.ints(1)]), C + 5], 18],
    "channels away": ["2, 10, 3", (n, x) => [n.op("Pad", [x, n.ints(0, -2, 1, 0, 0, 3, 0, 1)]), C + 1]],
    "a border of reflections": [
      "12",
      (n, x) => [n.op("Pad", [x, n.ints(0, 0, 1, 1, 0, 0, 1, 1)], { mode: "reflect" }), C],
    ],
    "the whole, three times": ["12", (n, x) => [n.op("Tile", [x, n.ints(1, 3, 1, 1)]), 3 * C]],
    "each channel, three times": [
      "12",
      (n, x) => {
        const thrice = n.op("Expand", [n.op("Unsqueeze", [x, n.ints(2)]), n.ints(1, 1, 3, 1, 1)]);
        return [n.op("Reshape", [thrice, n.ints(0, -1, 8, 8)]), 3 * C];
      },
    ],
    "one number for every channel": [
      "12",
      (n, x) => [n.op("Add", [x, n.op("Expand", [n.scalar(2), n.ints(1, C, 1, 1)])]), C],
    ],
    "one number in the shape of the data": [
      "12",
      (n, x) => {
        const value = { type: "tensor", value: float32Tensor("", [1.5]) } as const;
        return [n.op("Add", [x, n.op("ConstantOfShape", [n.op("Shape", [x])], { value })]), C];
      },
    ],
  };
  test.each(Object.entries(bodies))("%s", async (_, [expected, body, opset]) => {
    expect(await image(body, opset)).toBe(expected);
  });
});

describe("shapes", () => {
  const shape = (n: Network, ...parts: readonly (number | string)[]): string =>
    n.op(
      "Concat",
      parts.map((p) => (typeof p === "number" ? n.ints(p) : p)),
      { axis: 0 },
    );
  const sizeOf = (n: Network, x: string, axis: number): string => slice(n, n.op("Shape", [x]), axis, axis + 1, 0);

  const bodies: Record<string, readonly [string, Body, number?]> = {
    "a channel shuffle": [
      "12",
      (n, x) => {
        const blocks = n.op("Reshape", [x, n.ints(0, 2, 6, 8, 8)]);
        return [n.op("Reshape", [n.op("Transpose", [blocks], { perm: [0, 2, 1, 3, 4] }), n.ints(0, C, 8, 8)]), C];
      },
    ],
    "pixels from channels, channel first": [
      "3",
      (n, x) => [n.op("DepthToSpace", [x], { blocksize: 2, mode: "CRD" }), 3],
    ],
    "pixels from channels, channel last": ["3", (n, x) => [n.op("DepthToSpace", [x], { blocksize: 2 }), 3]],
    "pixels from channels, spelled out": [
      "3",
      (n, x) => {
        const split = n.op("Reshape", [x, n.ints(0, 3, 2, 2, 8, 8)]);
        const moved = n.op("Transpose", [split], { perm: [0, 1, 4, 2, 5, 3] });
        return [n.op("Reshape", [moved, n.ints(0, -1, 16, 16)]), 3];
      },
    ],
    "channels from pixels": ["12", (n, x) => [n.op("SpaceToDepth", [x], { blocksize: 2 }), 4 * C]],
    "larger, by factors": ["12", (n, x) => [n.op("Resize", [x, "", n.floats(1, 1, 2, 2)]), C]],
    "larger, by factors before opset 11": ["12", (n, x) => [n.op("Resize", [x, n.floats(1, 1, 2, 2)]), C], 10],
    "larger, by Upsample": ["12", (n, x) => [n.op("Upsample", [x, n.floats(1, 1, 2, 2)]), C], 9],
    "larger, out of a crop": [
      "12",
      (n, x) => {
        const inputs = [x, n.floats(0, 0, 0.1, 0.2, 1, 1, 0.9, 0.8), n.floats(1, 1, 2, 2)];
        return [n.op("Resize", inputs, { mode: "linear", coordinate_transformation_mode: "tf_crop_and_resize" }), C];
      },
    ],
    "larger, to sizes computed from the shape": [
      "12",
      (n, x) => {
        const kept = slice(n, n.op("Shape", [x]), 0, 2, 0);
        return [n.op("Resize", [x, "", "", shape(n, kept, 11, 13)], { mode: "linear" }), C];
      },
    ],
    "larger, to sizes of some axes": [
      "12",
      (n, x) => [n.op("Resize", [x, "", "", n.ints(C, 16, 16)], { axes: [1, 2, 3] }), C],
      18,
    ],
    "larger, by stretching": [
      "12",
      (n, x) => {
        const thin = n.op("Reshape", [x, n.ints(0, C, 8, 1, 8, 1)]);
        const wide = n.op("Expand", [thin, n.ints(1, C, 8, 2, 8, 2)]);
        return [n.op("Reshape", [wide, n.ints(0, C, 16, 16)]), C];
      },
    ],
    "flat, to a shape computed at run time": [
      "12",
      (n, x) => {
        const flat = n.op("Reshape", [x, shape(n, sizeOf(n, x, 0), -1)]);
        return [n.op("Reshape", [n.op("Relu", [flat]), shape(n, sizeOf(n, x, 0), C, 8, 8)]), C];
      },
    ],
    "divided by a number that comes from the shape": [
      "12",
      (n, x) => [n.op("Div", [x, n.op("Sqrt", [n.op("Cast", [sizeOf(n, x, 1)], { to: 1 })])]), C],
    ],
    "divided by the number of elements": [
      "12",
      (n, x) => [n.op("Div", [x, n.op("Cast", [n.op("Size", [x])], { to: 1 })]), C],
    ],
  };
  test.each(Object.entries(bodies))("%s", async (_, [expected, body, opset]) => {
    expect(await image(body, opset)).toBe(expected);
  });

  test("flat, before a fully connected layer", async () => {
    const net = new Network(17);
    const x = net.op("Relu", [net.conv(net.input("batch", 3, 4, 4), 3, C, 3)]);
    expect(await cutAll(net, net.op("Gemm", [net.op("Flatten", [x]), net.weight([16 * C, 5])]))).toBe("12");
  });
});

describe("attention", () => {
  const batchOf = (n: Network, x: string): string => slice(n, n.op("Shape", [x]), 0, 1, 0);
  const join = (n: Network, ...parts: readonly (string | number)[]): string =>
    n.op(
      "Concat",
      parts.map((p) => (typeof p === "number" ? n.ints(p) : p)),
      { axis: 0 },
    );
  const split = (n: Network, x: string, count: number): string =>
    n.op("Transpose", [n.op("Reshape", [x, n.ints(0, 0, count, -1)])], { perm: [0, 2, 1, 3] });
  const attend = (n: Network, q: string, k: string, v: string): string => {
    const scores = n.op("MatMul", [q, n.op("Transpose", [k], { perm: [0, 1, 3, 2] })]);
    return n.op("MatMul", [n.op("Softmax", [scores]), v]);
  };
  const merge = (n: Network, x: string): string =>
    n.op("Reshape", [n.op("Transpose", [x], { perm: [0, 2, 1, 3] }), n.ints(0, 0, C)]);

  test("heads merged with the batch, which has no fixed size", async () => {
    const body: Body = (n, x) => {
      const merged = (y: string, first: string | number): string =>
        n.op("Reshape", [split(n, y, 3), join(n, first, 5, 4)]);
      const rows = n.op("Mul", [batchOf(n, x), n.ints(3)]);
      const [q, k, v] = [rows, rows, -1].map((first) => merged(n.linear(x, C, C), first));
      const scores = n.op("Softmax", [n.op("MatMul", [q!, n.op("Transpose", [k!], { perm: [0, 2, 1] })])]);
      const apart = n.op("Reshape", [n.op("MatMul", [scores, v!]), join(n, batchOf(n, x), -1, 5, 4)]);
      return [merge(n, apart), C];
    };
    expect(await sequence(body)).toBe("12, 3, 4, 4");
  });

  test("keys and values repeated for groups of queries", async () => {
    const body: Body = (n, x) => {
      const repeated = (y: string): string => {
        const shape = join(n, batchOf(n, x), 2, 3, 5, 2);
        const thrice = n.op("Expand", [n.op("Unsqueeze", [split(n, y, 2), n.ints(2)]), shape]);
        return n.op("Reshape", [thrice, join(n, batchOf(n, x), 6, 5, 2)]);
      };
      const [k, v] = [repeated(n.linear(x, C, 4)), repeated(n.linear(x, C, 4))];
      return [merge(n, attend(n, split(n, n.linear(x, C, C), 6), k, v)), C];
    };
    expect(await sequence(body)).toBe("12, 2, 2, 2, 3");
  });

  test("queries, keys and values from one product", async () => {
    const body: Body = (n, x) => {
      const parts = n.op("Reshape", [n.linear(x, C, 3 * C), n.ints(0, 0, 3, 3, 4)]);
      const first = n.op("Transpose", [parts], { perm: [2, 0, 3, 1, 4] });
      const [q, k, v] = [0, 1, 2].map((i) => n.op("Gather", [first, n.op("Squeeze", [n.ints(i)])], { axis: 0 }));
      return [merge(n, attend(n, q!, k!, v!)), C];
    };
    expect(await sequence(body)).toBe("12, 3, 4");
  });
});

describe("products and scans", () => {
  const bodies: Record<string, readonly [string, Body]> = {
    "Einsum with a weight": [
      "12, 7",
      (n, x) => [n.op("Einsum", [x, n.weight([C, 7])], { equation: "...i,ij->...j" }), 7],
    ],
    "Einsum of two activations and a weight": [
      "12, 4, 7",
      (n, x) => {
        const inputs = [x, n.weight([C, 4, 7]), n.linear(x, C, 4)];
        return [n.op("Einsum", inputs, { equation: "bsi,ijo,bsj->bso" }), 7];
      },
    ],
    "attention by Einsum": [
      "12, 3, 4, 4, 7",
      (n, x) => {
        const project = (): string => n.op("Einsum", [x, n.weight([C, 3, 4])], { equation: "btd,dhk->bthk" });
        const scores = n.op("Einsum", [project(), project()], { equation: "bihk,bjhk->bhij" });
        const mixed = n.op("Einsum", [n.op("Softmax", [scores]), project()], { equation: "bhij,bjhk->bihk" });
        return [n.op("Einsum", [mixed, n.weight([3, 4, 7])], { equation: "bihk,hkd->bid" }), 7];
      },
    ],
    "running sums along another axis": ["12", (n, x) => [n.op("CumSum", [x, n.ints(1)]), C]],
    "running sums along the channels": ["12 inexact", (n, x) => [n.op("CumSum", [x, n.ints(2)]), C]],
    "a triangle of positions": [
      "12, 7",
      (n, x) => {
        const scores = n.op("MatMul", [n.linear(x, C, 7), n.op("Transpose", [n.linear(x, C, 7)], { perm: [0, 2, 1] })]);
        return [n.op("MatMul", [n.op("Trilu", [scores], { upper: 0 }), x]), C];
      },
    ],
  };
  test.each(Object.entries(bodies))("%s", async (_, [expected, body]) => {
    expect(await sequence(body)).toBe(expected);
  });
});
