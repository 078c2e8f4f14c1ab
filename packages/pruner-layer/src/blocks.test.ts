import type { AnalyzeOptions } from "@prune/core";
import { analyzeNetwork, Network } from "@prune/core/testing";
import { describe, expect, test } from "vitest";
import { type BlockSize, findBlocks } from "./blocks.ts";

const image = (net: Network): string => net.input("x", ["batch", 3, 6, 6]);

/** The blocks of a network: kind, layers, and what readers of what read instead. */
async function blocksOf(make: (net: Network) => string, size?: BlockSize, options?: AnalyzeOptions): Promise<string[]> {
  const net = new Network();
  const blocks = findBlocks(await analyzeNetwork(net, make(net), options), size);
  return blocks.map(
    ({ kind, layers, from, to }) => `${kind} ${layers.map((l) => l.node.name).join("+")}: ${to} → ${from}`,
  );
}

/** Stem and head, so that no branch is more than half of the network. */
const between = (net: Network, middle: (x: string) => string): string =>
  net.conv(
    "head",
    net.pool(net.conv("neck", middle(net.op("Relu", [net.conv("stem", image(net), 8)], {}, undefined, "in")), 5)),
    2,
  );

const residual = (net: Network, name: string, x: string, to = 8): string =>
  net.op("Add", [x, net.conv(`${name}2`, net.relu(net.conv(`${name}1`, x, to)), 8)], {}, undefined, `${name}.sum`);

describe("residual branches", () => {
  test("a bottleneck: readers of the sum read what it adds to", async () => {
    expect(await blocksOf((net) => between(net, (x) => residual(net, "a", x, 4)))).toEqual([
      "residual a1+a2: a.sum → in",
    ]);
  });

  test("either operand of the sum may be the branch", async () => {
    const found = await blocksOf((net) =>
      between(net, (x) => net.op("Add", [net.conv("a", x, 8), x], {}, undefined, "sum")),
    );
    expect(found).toEqual(["residual a: sum → in"]);
  });

  test("the activation after the sum goes along where the stream is made of such", async () => {
    const found = await blocksOf((net) =>
      between(net, (x) => net.op("Relu", [residual(net, "a", x)], {}, undefined, "out")),
    );
    expect(found).toEqual(["residual a1+a2: out → in"]);
  });

  test("a projection is none; the layer of equal width behind it is a plain one", async () => {
    const found = await blocksOf(
      (net) =>
      between(net, (x) => net.add(net.conv("p", x, 6), net.op("Sigmoid", [net.conv("b", net.relu(net.conv("a", x, 6)), 6)], {}, undefined, "s"))), // prettier-ignore
    );
    expect(found.map((text) => text.split(":")[0])).toEqual(["plain b"]);
  });

  test("one whose inside is read elsewhere stays", async () => {
    const found = await blocksOf((net) =>
      between(net, (x) => {
        const inner = net.relu(net.conv("a", x, 5));
        const sum = net.add(x, net.conv("b", inner, 8));
        return net.concat([sum, inner]);
      }),
    );
    expect(found).toEqual([]);
  });

  test("one that is more than half of the network is not a block of it", async () => {
    expect(
      await blocksOf((net) => net.conv("head", residual(net, "a", net.conv("stem", image(net), 8), 4), 2)),
    ).toEqual(["residual a1+a2: a.sum → stem"]);
    expect(await blocksOf((net) => net.relu(residual(net, "a", net.conv("stem", image(net), 8), 4)))).toEqual([]);
  });

  test("of branches in branches the inner ones count", async () => {
    const found = await blocksOf((net) =>
      between(net, (x) => net.add(x, residual(net, "b", residual(net, "a", net.conv("c", x, 8), 4), 4))),
    );
    expect(found.filter((text) => text.startsWith("residual"))).toEqual([
      "residual a1+a2: a.sum → c",
      "residual b1+b2: b.sum → a.sum",
    ]);
  });

  test("one that holds an ignored layer stays", async () => {
    const ignore = (name: string): boolean => name === "a2";
    expect(await blocksOf((net) => between(net, (x) => residual(net, "a", x, 4)), "whole", { ignore })).toEqual([]);
  });
});

describe("modules", () => {
  /** A squeeze and two layers beside each other, concatenated. */
  const fire = (net: Network, name: string, x: string, to: number): string => {
    const squeezed = net.relu(net.conv(`${name}.s`, x, 3));
    return net.concat([1, 3].map((size) => net.relu(net.conv(`${name}.e${size}`, squeezed, to / 2, { size }))));
  };
  /** The same without the name of what is concatenated. */
  const found = async (middle: (net: Network, x: string) => string): Promise<string[]> =>
    (await blocksOf((net) => between(net, (x) => middle(net, x)))).map((text) => text.replace(/: .* → /, " → "));

  test("branches that part from a value, or from a layer behind it, and are concatenated to its shape", async () => {
    expect(await found((net, x) => fire(net, "b", fire(net, "a", x, 8), 10))).toEqual(["module a.s+a.e1+a.e3 → in"]);
  });

  test("branches of any depth count as part of the module", async () => {
    const blocks = await found((net, x) => {
      const deep = net.conv("m.b", net.relu(net.conv("m.a", x, 5)), 4);
      return net.concat([net.conv("m.c", net.op("Sigmoid", [x]), 4), deep]);
    });
    expect(blocks).toEqual(["module m.a+m.b+m.c → in"]);
  });

  test("what a dense block adds to what it reads cannot vanish", async () => {
    const dense = (net: Network, name: string, x: string): string => net.concat([x, net.conv(name, x, 4)]);
    expect(await found((net, x) => dense(net, "b", dense(net, "a", x)))).toEqual([]);
  });

  test("one of which something inside is read elsewhere stays", async () => {
    const blocks = await found((net, x) => {
      const inner = net.relu(net.conv("m.a", x, 5));
      return net.concat([net.concat([net.conv("m.c", x, 4), net.conv("m.b", inner, 4)]), inner]);
    });
    expect(blocks).toEqual([]);
  });
});

describe("plain layers", () => {
  test("go with their normalisation and activation, where these are read by the next layer alone", async () => {
    const found = await blocksOf((net) =>
      between(net, (x) => net.op("Relu", [net.batchNorm("bn", net.conv("a", x, 8))], {}, undefined, "out")),
    );
    expect(found).toEqual(["plain a: out → in"]);
  });

  test("have one shape of input and output, whatever the size of the input is", async () => {
    const strided = (net: Network, x: string): string =>
      net.op("Conv", [x, net.weight("w", [8, 8, 1, 1])], { strides: [2, 2] }, ([n, c, h, w] = []) => [n!, c!, h! / 2, w! / 2], "a"); // prettier-ignore
    expect(await blocksOf((net) => between(net, (x) => strided(net, x)))).toEqual([]);
  });

  test("do not feed an output of the network", async () => {
    expect(await blocksOf((net) => net.gemm("b", net.gemm("a", net.input("x", ["batch", 4]), 4), 4))).toEqual([
      "plain a: a → x",
    ]);
  });
});

describe("transformers", () => {
  const norm = (net: Network, name: string, x: string): string =>
    net.op(
      "LayerNormalization",
      [x, net.weight(`${name}.scale`, [6]), net.weight(`${name}.bias`, [6])],
      {},
      undefined,
      name,
    );
  const attention = (net: Network, name: string, x: string): string => {
    const [q, k, v] = ["q", "k", "v"].map((part) => net.linear(`${name}.${part}`, x, 6));
    const scores = net.op("Softmax", [net.matMul(q!, net.transpose(k!, [0, 2, 1]))]);
    return net.linear(`${name}.o`, net.matMul(scores, v!), 6);
  };
  const forward = (net: Network, name: string, x: string): string =>
    net.linear(`${name}.down`, net.op("Gelu", [net.linear(`${name}.up`, x, 12)]), 6);
  const stack = (net: Network, layer: (net: Network, name: string, x: string) => string, x: string): string =>
    ["a", "b", "c"].reduce((stream, name) => layer(net, name, stream), x);
  const sum = (net: Network, name: string, a: string, b: string): string => net.op("Add", [a, b], {}, undefined, name);

  const preNorm = (net: Network): string => {
    const layer = (_: Network, name: string, x: string): string => {
      const middle = sum(net, `${name}.s1`, x, attention(net, name, norm(net, `${name}.n1`, x)));
      return sum(net, `${name}.s2`, middle, forward(net, name, norm(net, `${name}.n2`, middle)));
    };
    return net.linear(
      "head",
      norm(net, "last", stack(net, layer, net.linear("embed", net.input("x", ["batch", 5, 4]), 6))),
      2,
    );
  };
  const postNorm = (net: Network): string => {
    const layer = (_: Network, name: string, x: string): string => {
      const middle = norm(net, `${name}.n1`, sum(net, `${name}.s1`, x, attention(net, name, x)));
      return norm(net, `${name}.n2`, sum(net, `${name}.s2`, middle, forward(net, name, middle)));
    };
    const embedded = norm(net, "first", net.linear("embed", net.input("x", ["batch", 5, 4]), 6));
    return net.linear("head", stack(net, layer, embedded), 2);
  };
  const ends = (found: readonly string[]): string[] => found.map((text) => text.replace(/ .*:/, ":"));

  test("pre-norm: the last normalisation is no block's", async () => {
    expect(ends(await blocksOf(preNorm, "branch"))).toEqual([
      ...["residual: a.s1 → embed", "residual: a.s2 → a.s1", "residual: b.s1 → a.s2"],
      ...["residual: b.s2 → b.s1", "residual: c.s1 → b.s2", "residual: c.s2 → c.s1"],
    ]);
    expect(ends(await blocksOf(preNorm))).toEqual(["block: a.s2 → embed", "block: b.s2 → a.s2", "block: c.s2 → b.s2"]);
  });

  test("post-norm: each branch goes with its normalisation", async () => {
    expect(ends(await blocksOf(postNorm, "branch")).slice(0, 2)).toEqual([
      "residual: a.n1 → first",
      "residual: a.n2 → a.n1",
    ]);
    expect(ends(await blocksOf(postNorm))).toEqual(["block: a.n2 → first", "block: b.n2 → a.n2", "block: c.n2 → b.n2"]);
  });
});
