import { describe, expect, test } from "vitest";
import { blockedGroups, freeGroups } from "../../test/group-texts.ts";
import { analyzeNetwork } from "../testing/analyze-network.ts";
import { Network } from "../testing/network.ts";
import type { HeadsOption } from "./readings.ts";

// Links between runs and single indices, where the axes they speak of are products of finer ones.

/** [1, 5, 8] → attention of 2 heads of size 3 over q, k, v `[1, 5, 2, 3]` → [1, 5, 8]. */
function attention(net: Network, q: string, k: string, v: string): string {
  const keys = net.transpose(k, [0, 2, 3, 1]);
  const [queries, values] = [q, v].map((x) => net.transpose(x, [0, 2, 1, 3]));
  const weights = net.op("Softmax", [net.matMul(queries!, keys)]);
  const mixed = net.transpose(net.matMul(weights, values!), [0, 2, 1, 3]);
  return net.linear("out", net.reshape(mixed, [0, 0, 6]), 4);
}

const x = (net: Network): string => net.input("x", [1, 5, 8]);

describe("fused qkv of 2 heads of size 3", () => {
  const heads = [
    "qkv.weight.1: 0 0 0 1 1 1 0 0 0 1 1 1 0 0 0 1 1 1",
    "qkv.bias.0: 0 0 0 1 1 1 0 0 0 1 1 1 0 0 0 1 1 1",
    "out.weight.0: 0 0 0 1 1 1",
  ];
  const dimension = [
    "qkv.weight.1: 0 1 2 0 1 2 0 1 2 0 1 2 0 1 2 0 1 2",
    "qkv.bias.0: 0 1 2 0 1 2 0 1 2 0 1 2 0 1 2 0 1 2",
    "out.weight.0: 0 1 2 0 1 2",
  ];

  /** [1, 5, 18] → q, k, v, each [1, 5, 2, 3]. */
  const ways: Record<string, (net: Network, fused: string) => string[]> = {
    "by Split": (net, fused) => net.split(fused, [6, 6, 6], 2).map((part) => net.reshape(part, [0, 0, 2, 3])),
    "by Slice": (net, fused) =>
      [0, 6, 12].map((start) => {
        const bounds = [[start], [start + 6], [2]].map((n) => net.ints(n));
        return net.reshape(net.op("Slice", [fused, ...bounds], {}, [1, 5, 6]), [0, 0, 2, 3]);
      }),
    "by Reshape, then Split": (net, fused) =>
      net.split(net.reshape(fused, [0, 0, 3, 2, 3]), [1, 1, 1], 2).map((part) => net.reshape(part, [0, 0, 2, 3])),
    "by Reshape, then Gather": (net, fused) => {
      const parts = net.transpose(net.reshape(fused, [0, 0, 3, 2, 3]), [2, 0, 1, 3, 4]);
      return [0, 1, 2].map((i) => net.op("Gather", [parts, net.ints([i], [])], { axis: 0 }, [1, 5, 2, 3]));
    },
  };

  for (const [way, parts] of Object.entries(ways)) {
    test(way, async () => {
      const net = new Network();
      const [q, k, v] = parts(net, net.linear("qkv", x(net), 18));
      const y = attention(net, q!, k!, v!);
      const free = async (option: HeadsOption): Promise<string[][]> =>
        Object.values(freeGroups(await analyzeNetwork(net, y, { heads: option })));
      expect(await free("whole")).toEqual([heads]);
      expect(await free("dim")).toEqual([dimension]);
      expect((await free("both")).toSorted()).toEqual([heads, dimension]);
      expect(await free("keep")).toEqual([]);
    });
  }
});

test("halves of a gated unit pair up: j of the gate with j of the value", async () => {
  const net = new Network();
  const [value, gate] = net.split(net.linear("up", x(net), 6), [3, 3], 2);
  const gated = net.op("Mul", [value!, net.op("Sigmoid", [gate!])]);
  const analysis = await analyzeNetwork(net, net.linear("down", gated, 4));
  expect(freeGroups(analysis)).toEqual({
    "up.weight: 3 channels": ["up.weight.1: 0 1 2 0 1 2", "up.bias.0: 0 1 2 0 1 2", "down.weight.0: 0 1 2"],
  });
});

test("halves that rotate pair up: j of a head with j + d/2", async () => {
  const net = new Network();
  const rotate = (y: string): string => {
    const [low, high] = net.split(y, [2, 2], 3);
    const turned = net.concat([net.op("Neg", [high!]), low!], 3);
    const [cos, sin] = ["cos", "sin"].map((name) => net.weight(`${y}.${name}`, [1, 1, 4]));
    return net.add(net.op("Mul", [y, cos!]), net.op("Mul", [turned, sin!]));
  };
  const tokens = x(net);
  const headed = (name: string): string => net.reshape(net.linear(name, tokens, 8), [0, 0, 2, 4]);
  const [q, k] = ["q", "k"].map((name) => rotate(headed(name)));
  const scores = net.matMul(net.transpose(q!, [0, 2, 1, 3]), net.transpose(k!, [0, 2, 3, 1]));
  const mixed = net.matMul(net.op("Softmax", [scores]), net.transpose(headed("v"), [0, 2, 1, 3]));
  const y = net.linear("out", net.reshape(net.transpose(mixed, [0, 2, 1, 3]), [0, 0, 8]), 4);
  const groups = freeGroups(await analyzeNetwork(net, y, { heads: "dim" }));
  const pairs = ["q.weight.1", "q.bias.0", "k.weight.1", "k.bias.0"].map((axis) => `${axis}: 0 1 0 1 0 1 0 1`);
  expect(Object.values(groups).map((members) => members.filter((m) => !/cos|sin/.test(m)))).toContainEqual(pairs);
});

describe("single indices", () => {
  test("a Gather picks channels, of which the others stand alone", async () => {
    const net = new Network();
    const a = net.conv("a", net.input("x", [1, 3, 4, 4]), 4, { bias: false });
    const picked = net.op("Gather", [a, net.ints([3, 1])], { axis: 1 }, [1, 2, 4, 4]);
    const analysis = await analyzeNetwork(net, net.conv("b", picked, 2, { bias: false }));
    expect(freeGroups(analysis)).toEqual({
      "a.weight: 2 channels": ["a.weight.0: 0 . 1 ."],
      "a.weight#2: 2 channels": ["a.weight.0: . 0 . 1", "b.weight.1: 1 0"],
    });
  });

  test("a slice that is all an operator takes stays, with its unit", async () => {
    const net = new Network();
    const a = net.reshape(net.linear("a", net.input("x", [1, 5]), 6), [1, 3, 2]);
    const first = net.op("Gather", [a, net.ints([0], [])], { axis: 1 }, [1, 2]);
    const analysis = await analyzeNetwork(net, net.gemm("b", first, 4));
    expect(Object.values(freeGroups(analysis))).toContainEqual([
      "a.weight.1: 0 1 0 1 0 1",
      "a.bias.0: 0 1 0 1 0 1",
      "b.weight.0: 0 1",
    ]);
    expect(Object.values(blockedGroups(analysis))).toContain("is picked out by a Gather");
  });

  test("a run that cuts through a row joins what it holds of it, and leaves the other rows to themselves", async () => {
    const net = new Network();
    const a = net.linear("a", net.input("x", [1, 5]), 18);
    const [left, right] = net.split(a, [10, 8]);
    const wide = net.linear("d", net.reshape(net.op("Tanh", [net.reshape(a, [1, 6, 3])]), [1, 18]), 2);
    const analysis = await analyzeNetwork(net, [net.linear("b", left!, 4), net.linear("c", right!, 4), wide]);
    const free = Object.entries(freeGroups(analysis)).filter(([id]) => id.startsWith("a."));
    expect(free.map(([id, members]) => [id, members[0]])).toEqual([
      ["a.weight: 3 channels", "a.weight.1: 0 0 0 1 1 1 2 2 2 . . . . . . . . ."],
      ["a.weight#3: 2 channels", "a.weight.1: . . . . . . . . . . . . 0 0 0 1 1 1"],
    ]);
  });
});

test("slabs: a fused qkv of 2 key heads with 2 queries each loses whole groups of 4 heads", async () => {
  const net = new Network();
  // Per group of the 2: 2 query heads, 1 key head, 1 value head, each of size 3.
  const fused = net.reshape(net.linear("qkv", x(net), 24), [0, 0, 2, 4, 3]);
  const [q, k, v] = net.split(fused, [2, 1, 1], 3);
  const queries = net.transpose(net.reshape(q!, [0, 0, 4, 3]), [0, 2, 1, 3]);
  const stretch = (y: string): string =>
    net.reshape(net.op("Expand", [y, net.ints([1, 5, 2, 2, 3])], {}, [1, 5, 2, 2, 3]), [0, 0, 4, 3]);
  const scores = net.matMul(queries, net.transpose(stretch(k!), [0, 2, 3, 1]));
  const mixed = net.matMul(net.op("Softmax", [scores]), net.transpose(stretch(v!), [0, 2, 1, 3]));
  const y = net.linear("out", net.reshape(net.transpose(mixed, [0, 2, 1, 3]), [0, 0, 12]), 4);
  const groups = freeGroups(await analyzeNetwork(net, y));
  const halves = (n: number): string => Array.from({ length: 2 * n }, (_, i) => (i < n ? 0 : 1)).join(" ");
  expect(Object.values(groups)).toContainEqual([
    `qkv.weight.1: ${halves(12)}`,
    `qkv.bias.0: ${halves(12)}`,
    `out.weight.0: ${halves(6)}`,
  ]);
});

describe("sizes that depend on the input", () => {
  test("batch and sequence are pinned wherever they go", async () => {
    const net = new Network();
    const flat = net.reshape(net.linear("a", net.input("x", ["batch", "steps", 3]), 4), [-1, 4]);
    const analysis = await analyzeNetwork(net, net.linear("b", flat, 2));
    expect(Object.keys(freeGroups(analysis))).toEqual(["a.weight: 4 channels"]);
  });

  test("a size made from the image's is no channel", async () => {
    const net = new Network();
    const pixels = net.transpose(net.input("x", ["batch", 3, "height", "width"]), [0, 3, 2, 1]);
    const analysis = await analyzeNetwork(net, net.matMul(pixels, net.weight("w", [3, 4])));
    expect(freeGroups(analysis)).toEqual({});
  });
});
