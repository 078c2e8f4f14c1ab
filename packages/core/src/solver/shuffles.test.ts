import { describe, expect, test } from "vitest";
import { freeGroups } from "../../test/group-texts.ts";
import { analyzeNetwork } from "../testing/analyze-network.ts";
import { Network } from "../testing/network.ts";

/** A channel shuffle: [1, g·k, 4, 4] → [1, g, k, 4, 4] → [1, k, g, 4, 4] → [1, k·g, 4, 4] */
const shuffle = (net: Network, x: string, groups: number): string => {
  const blocks = net.reshape(x, [1, groups, -1, 4, 4]);
  return net.reshape(net.transpose(blocks, [0, 2, 1, 3, 4]), [1, -1, 4, 4]);
};

const image = (net: Network): string => net.input("x", [1, 3, 4, 4]);

describe("a channel shuffle", () => {
  test("is found, as a permutation of single channels", async () => {
    const net = new Network();
    const y = shuffle(net, net.conv("a", image(net), 6, { bias: false }), 2);
    const { space } = await analyzeNetwork(net, net.conv("b", y, 2));
    expect(space.shuffles).toHaveLength(1);
    const [{ root, nodes, exits }] = space.shuffles as [(typeof space.shuffles)[0]];
    expect([root, nodes.map((n) => n.opType).join(" ")]).toEqual(["a", "Reshape Transpose Reshape"]);
    expect(exits).toEqual([{ value: y, axes: [{ axis: 1, indices: Int32Array.of(0, 3, 1, 4, 2, 5) }] }]);
  });

  test("leaves every channel a unit of its own", async () => {
    const net = new Network();
    const y = shuffle(net, net.conv("a", image(net), 6, { bias: false }), 2);
    expect(freeGroups(await analyzeNetwork(net, net.conv("b", y, 2, { bias: false })))).toEqual({
      "a.weight: 6 channels": ["a.weight.0: 0 1 2 3 4 5", "b.weight.1: 0 3 1 4 2 5"],
    });
  });

  test("may be followed by more moves", async () => {
    const net = new Network();
    const y = shuffle(net, shuffle(net, net.conv("a", image(net), 12, { bias: false }), 2), 3);
    const { space } = await analyzeNetwork(net, net.conv("b", y, 2));
    expect(space.shuffles).toHaveLength(1);
    // Twice over, channel 6i + j comes to 2j + i and that, as 4p + q, to 3q + p.
    const twice = Array.from({ length: 12 }, (_, c) => c).toSorted((a, b) => place(a) - place(b));
    expect([...space.shuffles[0]!.exits[0]!.axes[0]!.indices]).toEqual(twice);
  });

  test("that ends in a Split is followed by a split of single channels", async () => {
    const net = new Network();
    const [left, right] = net.split(shuffle(net, net.conv("a", image(net), 4, { bias: false }), 2), [2, 2]);
    const ends = [net.conv("b", left!, 2, { bias: false }), net.conv("c", right!, 2, { bias: false })];
    expect(freeGroups(await analyzeNetwork(net, ends))).toEqual({
      "a.weight: 2 channels": ["a.weight.0: 0 . 1 .", "b.weight.1: 0 1"],
      "a.weight#2: 2 channels": ["a.weight.0: . 0 . 1", "c.weight.1: 0 1"],
    });
  });
});

const place = (c: number): number => {
  const once = 2 * (c % 6) + Math.floor(c / 6);
  return 3 * (once % 4) + Math.floor(once / 4);
};

describe("no shuffle", () => {
  const shufflesOf = async (body: (net: Network, x: string) => string): Promise<number> => {
    const net = new Network();
    const a = net.conv("a", image(net), 8);
    const { space } = await analyzeNetwork(net, body(net, a));
    return space.shuffles.length;
  };

  test("a pixel shuffle, which mixes channels with pixels", async () => {
    const pixels = (net: Network, x: string): string => {
      const blocks = net.reshape(x, [1, 2, 2, 2, 4, 4]);
      return net.reshape(net.transpose(blocks, [0, 1, 4, 2, 5, 3]), [1, 2, 8, 8]);
    };
    expect(await shufflesOf((net, x) => net.conv("b", pixels(net, x), 2))).toBe(0);
    expect(
      await shufflesOf((net, x) => net.conv("b", net.op("DepthToSpace", [x], { blocksize: 2 }, [1, 2, 8, 8]), 2)),
    ).toBe(0);
  });

  test("heads that something computes with in between", async () => {
    const scaled = (net: Network, x: string): string => {
      const blocks = net.op("Relu", [net.reshape(x, [1, 2, 4, 4, 4])]);
      return net.reshape(net.transpose(blocks, [0, 2, 1, 3, 4]), [1, 8, 4, 4]);
    };
    expect(await shufflesOf((net, x) => net.conv("b", scaled(net, x), 2))).toBe(0);
  });

  test("moves that end where they began", async () => {
    const there = (net: Network, x: string): string => net.reshape(net.reshape(x, [1, 2, 4, 4, 4]), [1, 8, 4, 4]);
    expect(await shufflesOf((net, x) => net.conv("b", there(net, x), 2))).toBe(0);
  });
});
