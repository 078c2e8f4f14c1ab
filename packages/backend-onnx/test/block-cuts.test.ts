import { nodeOf, type Node, type Tensor } from "@prune/core";
import { describe, expect, test } from "vitest";
import { cutAll } from "./cut-all.ts";
import { Network } from "./network.ts";

// Operators that take an axis in blocks, where the blocks of one do not fit those of another; and tensors that are stored
// once for several layers. See operator-cuts.test.ts.

const shuffle = (n: Network, x: string, groups: number, channels: number): string => {
  const blocks = n.op("Reshape", [x, n.ints(0, groups, channels / groups, 4, 4)]);
  return n.op("Reshape", [n.op("Transpose", [blocks], { perm: [0, 2, 1, 3, 4] }), n.ints(0, channels, 4, 4)]);
};
const image = (n: Network): string => n.input("batch", 3, 4, 4);

describe("grouped convolutions around a channel shuffle", () => {
  test.each([
    // 24 channels in 3 blocks of 8: position j of every block holds a channel of each block before the shuffle.
    [3, 24, ["8", "8"]],
    // In 4 blocks of 8, it holds channels of one block alone, so that four positions must go together.
    [4, 32, ["2", "8"]],
  ])("in %i blocks", async (groups, channels, expected) => {
    const net = new Network(17);
    const a = net.conv(image(net), 3, channels);
    const b = net.op("Relu", [net.conv(a, channels, channels, 1, groups)]);
    const c = net.conv(shuffle(net, b, groups, channels), channels, channels, 3, channels);
    const d = net.conv(c, channels, channels, 1, groups);
    const y = net.conv(net.op("Relu", [net.op("Add", [d, a])]), channels, 5);
    expect((await cutAll(net, y)).split(", ").toSorted()).toEqual(expected);
  });

  test("of which one is transposed", async () => {
    const net = new Network(17);
    const b = net.conv(net.conv(image(net), 3, 27), 27, 27, 1, 3);
    const up = net.op("ConvTranspose", [shuffle(net, b, 3, 27), net.weight([27, 4, 1, 1])], { group: 3 });
    // Between the two, nine channels go at a time: one of every block before the shuffle and every block after it.
    expect((await cutAll(net, net.conv(up, 12, 5))).split(", ").toSorted()).toEqual(["3", "4", "9"]);
  });
});

describe("group normalisation over a Concat whose parts are no multiples of its blocks", () => {
  const parts = (n: Network): string => {
    const x = image(n);
    return n.op("Concat", [n.conv(x, 3, 10, 3), n.conv(x, 3, 8, 3)], { axis: 1 });
  };

  test("as one operator", async () => {
    const net = new Network(21);
    const y = net.op("GroupNormalization", [parts(net), net.weight([18]), net.weight([18])], { num_groups: 6 });
    expect((await cutAll(net, net.conv(y, 18, 5))).split(", ").toSorted()).toEqual(["2", "3"]);
  });

  test("as an exporter spells it", async () => {
    const net = new Network(17);
    const x = parts(net);
    const even = net.op("InstanceNormalization", [
      net.op("Reshape", [x, net.ints(0, 6, -1)]),
      net.weight([6], 1),
      net.weight([6], 0),
    ]);
    const back = net.op("Reshape", [even, net.op("Shape", [x])]);
    const y = net.op("Add", [net.op("Mul", [back, net.weight([18, 1, 1])]), net.weight([18, 1, 1])]);
    expect((await cutAll(net, net.conv(y, 18, 5))).split(", ").toSorted()).toEqual(["2", "3"]);
  });
});

test("ones and zeros that are stored once leave layers independent", async () => {
  const net = new Network(17);
  const [ones, zeros] = [net.weight([12], 1), net.weight([12], 0)];
  const normal = (x: string): string => net.op("InstanceNormalization", [x, ones, zeros]);
  const a = normal(net.conv(image(net), 3, 12, 3));
  const b = normal(net.conv(net.op("Relu", [a]), 12, 12, 3));
  expect(await cutAll(net, net.conv(net.op("Relu", [b]), 12, 5))).toBe("12, 12");
});

test("gates of a recurrent layer, put into another order as the graph runs", async () => {
  const net = new Network(17);
  const swapped = (weight: string): string => {
    const part = (from: number): string => net.op("Slice", [weight, net.ints(from), net.ints(from + 8), net.ints(0)]);
    return net.op("Unsqueeze", [net.op("Concat", [part(8), part(0), part(16)], { axis: 0 }), net.ints(0)]);
  };
  const x = net.linear(net.input(4, "batch", 6), 6, 12);
  const inputs = [x, swapped(net.weight([24, 12])), swapped(net.weight([24, 8]))];
  const [, last] = net.ops("GRU", inputs, { hidden_size: 8 }, 2);
  expect(await cutAll(net, net.linear(last!, 8, 3))).toBe("12, 8");
});

describe("a branch", () => {
  const branch = (output: string, ...nodes: Node[]) =>
    ({
      type: "graph",
      value: {
        name: "branch",
        nodes,
        inputs: [],
        outputs: [{ name: output, dtype: "float32", dims: undefined }],
        parameters: new Map<string, Tensor>(),
        opsets: new Map(),
      },
    }) as const;

  /** A squeeze, where there is something to squeeze, as PyTorch's exporter writes it. */
  const squeeze = (axis: number): Promise<string> => {
    const net = new Network(17);
    const x = net.op("GlobalAveragePool", [net.conv(image(net), 3, 12, 3)]);
    const size = net.op("Gather", [net.op("Shape", [x]), net.ints(axis)]);
    const one = net.op("Squeeze", [net.op("Equal", [size, net.ints(1)])]);
    const y = net.op("If", [one], {
      then_branch: branch("squeezed", nodeOf("Squeeze", [x, net.ints(3)], ["squeezed"])),
      else_branch: branch("kept", nodeOf("Flatten", [x], ["kept"], { axis: 1 })),
    });
    return cutAll(net, net.op("MatMul", [net.op("Reshape", [y, net.ints(-1, 12)]), net.weight([12, 5])]));
  };

  test("that is always taken is cut like the rest", async () => {
    expect(await squeeze(3)).toBe("12");
  });

  test("that depends on a size that varies keeps what it reads", async () => {
    expect(await squeeze(0)).toBe("");
  });
});
