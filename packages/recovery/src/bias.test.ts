import { toFloat32, type Graph } from "@prune/core";
import { Network } from "@prune/core/testing";
import { describe, expect, test } from "vitest";
import { contextOf, difference, networks, outputsOf, samples } from "../test/recovering.ts";
import { bias } from "./bias.ts";

const numbers = (graph: Graph, name: string): number[] =>
  Array.from(toFloat32(graph.parameters.get(name)!), (v) => Number(v.toFixed(4)));

/** x₀ + x₁ and x₁, as units that can be cut one by one; x₁ is 4 on average. */
const units = (net: Network): string => net.gemm("a", net.input("x", ["batch", 2]), 2);
const data = samples([2], 2, [1, 3, 2, 5]);
const second = { units: (size: number) => (size === 2 ? [1] : []) };

/** A network with given weights: y = 2·a₀ + 3·a₁ (+ bias). */
function withWeights(graph: Graph): Graph {
  const given: Record<string, number[]> = {
    "a.weight": [1, 0, 1, 1],
    "a.bias": [0, 0],
    "b.weight": [2, 3],
    "b.bias": [1],
  };
  const parameters = new Map(
    [...graph.parameters].map(([name, tensor]) => {
      const values = given[name];
      return [name, values ? { ...tensor, bytes: () => new Uint8Array(Float32Array.from(values).buffer) } : tensor];
    }),
  );
  return { ...graph, parameters };
}

describe("y = 2·a₀ + 3·a₁ without a₁, which is 4 on average, gains 12", () => {
  test("in the layer's own bias", async () => {
    const net = new Network();
    const graph = withWeights(net.graph(net.gemm("b", units(net), 1)));
    const { graph: folded, notes } = await bias().recover(await contextOf(graph, data, second));
    expect(numbers(folded, "b.bias")).toEqual([13]);
    expect(notes).toMatchObject({ layers: 1 });
    expect(notes!.outputError!.after).toBeLessThan(notes!.outputError!.before);
  });

  test("in the Add behind it", async () => {
    const net = new Network();
    const graph = withWeights(net.graph(net.linear("b", units(net), 1)));
    const { graph: folded } = await bias().recover(await contextOf(graph, data, second));
    expect(numbers(folded, "b.bias")).toEqual([13]);
  });

  test("in a bias that it gets, where it has none", async () => {
    const net = new Network();
    const weight = net.weight("b.weight", [2, 1]);
    const product = net.op("Gemm", [units(net), weight], {}, ([n] = []) => [n!, 1], "b");
    const { graph: folded } = await bias().recover(await contextOf(withWeights(net.graph(product)), data, second));
    expect(numbers(folded, "b/bias")).toEqual([12]);
    expect(folded.nodes.at(-1)!.inputs[2]).toBe("b/bias");
  });

  test("nowhere, where a MatMul has nothing behind it, and the notes say so", async () => {
    const net = new Network();
    const graph = withWeights(net.graph(net.op("Relu", [net.matMul(units(net), net.weight("b.weight", [2, 1]))])));
    const context = await contextOf(graph, data, second);
    const { graph: folded, notes } = await bias().recover(context);
    expect(folded).toBe(context.pruned);
    expect(notes).toEqual({
      layers: 0,
      remarks: ['"b.weight" has no bias, and nothing behind it could take one over.'],
    });
  });

  test("off the mean of a BatchNormalization behind it", async () => {
    const net = new Network();
    const x = net.reshape(units(net), [0, -1, 1, 1]);
    const conv = net.op("Conv", [x, net.weight("b.weight", [1, 2, 1, 1])], {}, ([n] = []) => [n!, 1, 1, 1], "b");
    const graph = withWeights(net.graph(net.batchNorm("n", conv)));
    const before = numbers(graph, "n.mean")[0]!;
    const { graph: folded } = await bias().recover(await contextOf(graph, data, second));
    expect(numbers(folded, "n.mean")[0]).toBeCloseTo(before - 12, 3);
  });
});

test("a weight that is masked counts like an input that is gone", async () => {
  const net = new Network();
  const graph = withWeights(net.graph(net.gemm("b", units(net), 1)));
  const masks = new Map([["b.weight", Uint8Array.of(1, 0)]]);
  const { graph: folded } = await bias().recover(await contextOf(graph, data, { edits: () => ({ masks }) }));
  expect(numbers(folded, "b.bias")).toEqual([13]);
});

test("zeros padded at the border count: the mean is one over windows", async () => {
  const net = new Network();
  // a constant channel of 1 under a 3 × 3 kernel of ones on a 2 × 2 image: 4 of 9 elements of each window are inside.
  const x = net.input("x", ["batch", 2, 2, 2]);
  const both = net.conv("a", x, 2, { bias: false });
  const graph = net.graph(net.conv("b", both, 1, { size: 3 }));
  const given: Record<string, number[]> = {
    "a.weight": [1, 0, 0, 1],
    "b.weight": Array<number>(18).fill(1),
    "b.bias": [0],
  };
  const parameters = new Map(
    [...graph.parameters].map(([name, t]) => [
      name,
      { ...t, bytes: () => new Uint8Array(Float32Array.from(given[name]!).buffer) },
    ]),
  );
  const ones = samples([2, 2, 2], 2, new Float32Array(16).fill(1));
  const { graph: folded } = await bias().recover(await contextOf({ ...graph, parameters }, ones, second));
  expect(numbers(folded, "b.bias")).toEqual([4]);
});

describe.each(Object.entries(networks))("%s", (_, { graph, dims }) => {
  const noise = samples(dims, 48);

  test("a network that nothing was cut from keeps its weights", async () => {
    const context = await contextOf(graph, noise);
    const { graph: after, notes } = await bias().recover(context);
    expect(after).toBe(context.pruned);
    expect(notes).toEqual({ layers: 0 });
  });

  test("outputs are never further from the original's than they were", async () => {
    const context = await contextOf(graph, noise, { units: (size) => [0, 3].filter((unit) => unit < size - 1) });
    const { graph: after, notes } = await bias().recover(context);
    expect(notes!.outputError!.before).toBeGreaterThan(0);
    const [wanted, before, now] = [graph, context.pruned, after].map((g) => outputsOf(g, noise));
    const squares = async (list: Promise<number[]>): Promise<number> => {
      const [a, b] = [await wanted!, await list];
      return a.reduce((sum, v, i) => sum + (v - b[i]!) ** 2, 0);
    };
    expect(await squares(now!)).toBeLessThanOrEqual((await squares(before!)) * (1 + 1e-6));
    expect(difference(await wanted!, await now!)).toBeLessThan(2);
  });
});
