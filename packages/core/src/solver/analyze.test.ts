import { describe, expect, test } from "vitest";
import type { OpContext } from "../ops/define-op.ts";
import { blockedGroups, freeGroups, groupOf } from "../../test/group-texts.ts";
import { analyzeNetwork } from "../testing/analyze-network.ts";
import { Network } from "../testing/network.ts";
import { same } from "./link.ts";

describe("closure", () => {
  test("a channel is a row of one layer, a column of the next, and its numbers in between", async () => {
    const net = new Network();
    const a = net.relu(net.batchNorm("bn", net.conv("a", net.input("x", [1, 3, 8, 8]), 4)));
    const analysis = await analyzeNetwork(net, net.conv("b", a, 2));
    expect(freeGroups(analysis)).toEqual({
      "a.weight: 4 channels": [
        "a.weight.0: 0 1 2 3",
        "a.bias.0: 0 1 2 3",
        "bn.scale.0: 0 1 2 3",
        "bn.bias.0: 0 1 2 3",
        "bn.mean.0: 0 1 2 3",
        "bn.var.0: 0 1 2 3",
        "b.weight.1: 0 1 2 3",
      ],
    });
    const { members, layers, width } = groupOf(analysis, "a.weight");
    expect(members.map((m) => m.role).join(" ")).toBe("output output output output output output input");
    expect(layers.map((node) => node.name)).toEqual(["a", "b"]);
    expect(width).toBe(1);
  });

  test("a sum joins its operands' channels", async () => {
    const net = new Network();
    const x = net.relu(net.conv("a", net.input("x", [1, 3, 8, 8]), 4, { bias: false }));
    const y = net.add(x, net.conv("b", x, 4, { bias: false }));
    const analysis = await analyzeNetwork(net, net.conv("c", y, 2, { bias: false }));
    expect(freeGroups(analysis)).toEqual({
      "a.weight: 4 channels": [
        "a.weight.0: 0 1 2 3",
        "b.weight.0: 0 1 2 3",
        "b.weight.1: 0 1 2 3",
        "c.weight.1: 0 1 2 3",
      ],
    });
  });

  test("concatenated channels stay apart, and lie behind one another in what reads them", async () => {
    const net = new Network();
    const x = net.input("x", [1, 3, 8, 8]);
    const [a, b] = [net.conv("a", x, 2, { bias: false }), net.conv("b", x, 3, { bias: false })];
    const analysis = await analyzeNetwork(net, net.conv("c", net.concat([a, b]), 2, { bias: false }));
    expect(freeGroups(analysis)).toEqual({
      "a.weight: 2 channels": ["a.weight.0: 0 1", "c.weight.1: 0 1 . . ."],
      "b.weight: 3 channels": ["b.weight.0: 0 1 2", "c.weight.1: . . 0 1 2"],
    });
  });

  test("pieces of a split are groups of their own", async () => {
    const net = new Network();
    const [a, b] = net.split(net.conv("a", net.input("x", [1, 3, 8, 8]), 5, { bias: false }), [2, 3]);
    const outputs = [net.conv("b", a!, 2, { bias: false }), net.conv("c", b!, 2, { bias: false })];
    const analysis = await analyzeNetwork(net, outputs);
    expect(freeGroups(analysis)).toEqual({
      "a.weight: 2 channels": ["a.weight.0: 0 1 . . .", "b.weight.1: 0 1"],
      "a.weight#2: 3 channels": ["a.weight.0: . . 0 1 2", "c.weight.1: 0 1 2"],
    });
  });

  test("a channel that is flattened is a run of columns", async () => {
    const net = new Network();
    const flat = net.op("Flatten", [net.conv("a", net.input("x", [1, 1, 2, 2]), 3, { bias: false })], {}, [1, 12]);
    const analysis = await analyzeNetwork(net, net.gemm("b", flat, 2));
    expect(freeGroups(analysis)).toEqual({
      "a.weight: 3 channels": ["a.weight.0: 0 1 2", "b.weight.0: 0 0 0 0 1 1 1 1 2 2 2 2"],
    });
  });

  test("a weight that two layers share is one member", async () => {
    const net = new Network();
    const w = net.weight("w", [4, 4]);
    const a = net.relu(net.matMul(net.linear("a", net.input("x", [1, 3]), 4), w));
    const analysis = await analyzeNetwork(net, net.linear("b", net.matMul(a, w), 2));
    expect(freeGroups(analysis)).toEqual({
      "w: 4 channels": [
        "w.0: 0 1 2 3",
        "w.1: 0 1 2 3",
        "a.weight.1: 0 1 2 3",
        "a.bias.0: 0 1 2 3",
        "b.weight.0: 0 1 2 3",
      ],
    });
  });
});

describe("grouped convolutions", () => {
  test("depthwise: a channel passes through", async () => {
    const net = new Network();
    const x = net.conv("a", net.input("x", [1, 3, 8, 8]), 4, { bias: false });
    const y = net.conv("dw", x, 4, { size: 3, group: 4, bias: false });
    const analysis = await analyzeNetwork(net, net.conv("b", y, 2, { bias: false }));
    expect(freeGroups(analysis)).toEqual({
      "a.weight: 4 blocks": ["a.weight.0: 0 1 2 3", "dw.weight.0: 0 1 2 3", "b.weight.1: 0 1 2 3"],
    });
  });

  test("depthwise with a multiplier: a channel is a run of outputs", async () => {
    const net = new Network();
    const x = net.conv("a", net.input("x", [1, 3, 8, 8]), 2, { bias: false });
    const y = net.conv("dw", x, 6, { group: 2, bias: false });
    const analysis = await analyzeNetwork(net, net.conv("b", y, 2, { bias: false }));
    expect(Object.values(freeGroups(analysis))).toContainEqual(["dw.weight.0: 0 1 2 0 1 2", "b.weight.1: 0 1 2 0 1 2"]);
    expect(blockedGroups(analysis)["a.weight: 2 blocks"]).toBe("another factor of the same axis is cut");
  });

  test("one input channel is no depthwise convolution", async () => {
    const net = new Network();
    const x = net.conv("a", net.input("x", [1, 1, 8, 8]), 4, { size: 3, bias: false });
    const analysis = await analyzeNetwork(net, net.conv("b", x, 2, { bias: false }));
    expect(freeGroups(analysis)).toEqual({ "a.weight: 4 channels": ["a.weight.0: 0 1 2 3", "b.weight.1: 0 1 2 3"] });
  });

  const grouped = (groups: number): Promise<Record<string, string[]>> => {
    const net = new Network();
    const x = net.conv("a", net.input("x", [1, 3, 8, 8]), 2 * groups, { bias: false });
    const y = net.conv("g", x, 3 * groups, { group: groups, bias: false });
    return analyzeNetwork(net, net.conv("b", y, 2, { bias: false })).then(freeGroups);
  };

  test("of fewer than 8 blocks, the same channels leave every block", async () => {
    expect(await grouped(2)).toEqual({
      "a.weight#2: 2 channels": ["a.weight.0: 0 1 0 1", "g.weight.1: 0 1"],
      "g.weight: 3 channels": ["g.weight.0: 0 1 2 0 1 2", "b.weight.1: 0 1 2 0 1 2"],
    });
  });

  test("of 8 blocks or more, whole ones leave", async () => {
    const twice = (n: number): string => Array.from({ length: 8 * n }, (_, i) => Math.floor(i / n)).join(" ");
    expect(await grouped(8)).toEqual({
      "a.weight: 8 blocks": [`a.weight.0: ${twice(2)}`, `g.weight.0: ${twice(3)}`, `b.weight.1: ${twice(3)}`],
    });
  });
});

describe("pins", () => {
  test("graph inputs and outputs", async () => {
    const net = new Network();
    const analysis = await analyzeNetwork(net, net.gemm("b", net.gemm("a", net.input("x", [1, 3]), 4), 2));
    expect(blockedGroups(analysis)).toEqual({
      "a.weight#2: 3 channels": 'is graph input "x"',
      "b.weight: 2 channels": 'feeds graph output "b"',
    });
  });

  test("an operator that nobody described is a barrier, and named", async () => {
    const net = new Network();
    const x = net.op("Mystery", [net.gemm("a", net.input("x", [1, 3]), 4)], {}, undefined, "odd");
    const analysis = await analyzeNetwork(net, net.gemm("b", x, 2));
    expect(groupOf(analysis, "a.weight").blocked?.reason).toBe('reaches Mystery "odd", an operator without a rule');
    expect(groupOf(analysis, "a.weight").blocked?.node?.name).toBe("odd");
  });

  test("a rule of the caller's own lifts a barrier", async () => {
    const net = new Network();
    const x = net.op("Mystery", [net.gemm("a", net.input("x", [1, 3]), 4)]);
    const mystery = {
      type: "Mystery",
      links: ({ in: [a], out: [y] }: OpContext) => (a && y ? [same(a.axis(1), y.axis(1))] : []),
    };
    const analysis = await analyzeNetwork(net, net.gemm("b", x, 2), { operators: [mystery] });
    expect(Object.keys(freeGroups(analysis))).toEqual(["a.weight: 4 channels"]);
  });

  test("a rule that fails is a barrier too", async () => {
    const net = new Network();
    const x = net.op("Mystery", [net.gemm("a", net.input("x", [1, 3]), 4)], {}, undefined, "odd");
    const mystery = {
      type: "Mystery",
      links: () => {
        throw new RangeError("no such thing");
      },
    };
    const analysis = await analyzeNetwork(net, net.gemm("b", x, 2), { operators: [mystery] });
    expect(groupOf(analysis, "a.weight").blocked?.reason).toBe(
      'reaches Mystery "odd", whose rule failed: no such thing',
    );
  });

  test("a layer that is ignored keeps its outputs and may lose inputs", async () => {
    const net = new Network();
    const x = net.gemm("b", net.gemm("a", net.input("x", [1, 3]), 4), 5);
    const analysis = await analyzeNetwork(net, net.gemm("c", x, 2), { ignore: (name) => name === "b" });
    expect(Object.keys(freeGroups(analysis))).toEqual(["a.weight: 4 channels"]);
    expect(blockedGroups(analysis)["b.weight: 5 channels"]).toBe("is ignored by option");
  });

  test("sections of a reshape that fit no finer axis", async () => {
    const net = new Network();
    const x = net.reshape(net.linear("a", net.input("x", [1, 6, 3]), 4), [1, 8, 3]);
    const analysis = await analyzeNetwork(net, net.linear("b", x, 2));
    expect(groupOf(analysis, "a.weight").blocked?.reason).toMatch(
      /^is split up by Reshape ".*" in a way that no finer axis fits$/,
    );
  });

  test("a group of one unit", async () => {
    const net = new Network();
    const analysis = await analyzeNetwork(net, net.gemm("b", net.gemm("a", net.input("x", [1, 3]), 1), 2));
    expect(freeGroups(analysis)).toEqual({});
  });
});

describe("layers", () => {
  test("list the groups of their outputs and of their inputs", async () => {
    const net = new Network();
    const x = net.relu(net.conv("a", net.input("x", [1, 3, 8, 8]), 4, { bias: false }));
    const { layers } = await analyzeNetwork(net, net.conv("b", x, 2, { bias: false }));
    expect(layers.map((l) => [l.node.name, l.weight?.name, ...l.groups.map((g) => `${g.role} ${g.group.id}`)])).toEqual(
      [
        ["a", "a.weight", "output a.weight", "input a.weight#2"],
        ["b", "b.weight", "output b.weight", "input a.weight"],
      ],
    );
  });
});
