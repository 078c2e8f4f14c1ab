import { editGraph, toFloat32, type DataSource, type Graph } from "@prune/core";
import { Network } from "@prune/core/testing";
import { expect, test } from "vitest";
import { contextOf, networks, runtime, samples } from "../test/recovering.ts";
import { bn } from "./bn.ts";

const numbers = (graph: Graph, name: string): number[] =>
  Array.from(toFloat32(graph.parameters.get(name)!), (v) => Number(v.toFixed(4)));

test("mean and variance become those of what a BatchNormalization reads", async () => {
  const net = new Network();
  const x = net.input("x", ["batch", 2, 1, 2]);
  // y₀ = x₀ + x₁ and y₁ = x₁, normalised; then x₁ is masked out of y₀.
  const conv = net.op("Conv", [x, net.weight("w", [2, 2, 1, 1], [1, 1, 0, 1])], {}, undefined, "conv");
  const parameters = [net.weight("s", [2], 1), net.weight("b", [2], 0)];
  const statistics = [net.weight("mean", [2], [8, 5]), net.weight("var", [2], [3.5, 0])];
  const graph = net.graph(net.relu(net.op("BatchNormalization", [conv, ...parameters, ...statistics])));
  // x₀ is 1, 2, 3, 6 and x₁ four times 5.
  const data = samples([2, 1, 2], 2, [1, 2, 5, 5, 3, 6, 5, 5], 1);
  const masks = new Map([["w", Uint8Array.of(1, 0, 1, 1)]]);
  const context = await contextOf(graph, data, { edits: () => ({ masks }) });
  const { graph: renewed, notes } = await bn().recover(context);
  expect([numbers(renewed, "mean"), numbers(renewed, "var")]).toEqual([
    [3, 5],
    [3.5, 0],
  ]);
  expect(notes).toMatchObject({ layers: 1 });
  expect(notes!.outputError!.before).toBeGreaterThan(0.5);
  expect(notes!.outputError!.after).toBeLessThan(1e-9);
});

/** Mean and variance of each channel of a value `[N, C, H, W]`, over all samples. */
async function statisticsOf(
  graph: Graph,
  value: string,
  data: DataSource,
): Promise<Record<"mean" | "var", Float32Array>> {
  const session = await runtime.open({ ...graph, outputs: [{ name: value, dtype: "float32", dims: undefined }] });
  const { dims, data: values } = (await session.run(data.batch(0, data.count)))[value]!;
  await session.release();
  const [, channels, height, width] = dims as [number, number, number, number];
  const own = Array.from({ length: channels }, (_, c) =>
    Array.from(values as Float32Array).filter((_, i) => Math.floor(i / (height * width)) % channels === c),
  );
  const mean = own.map((list) => list.reduce((sum, v) => sum + v, 0) / list.length);
  const spread = own.map((list, c) => list.reduce((sum, v) => sum + (v - mean[c]!) ** 2, 0) / list.length);
  return { mean: Float32Array.from(mean), var: Float32Array.from(spread) };
}

const layers = [
  ["a", "n"],
  ["b", "m"],
] as const;

test("each is taken with those before it already renewed", async () => {
  const net = new Network();
  const x = net.input("x", ["batch", 3, 2, 2]);
  const first = net.batchNorm("n", net.conv("a", x, 6, { bias: false }));
  const second = net.batchNorm("m", net.conv("b", net.relu(first), 4, { bias: false }));
  let graph = net.graph(net.conv("c", net.relu(second), 2));
  const data = samples([3, 2, 2], 24);
  for (const [reads, name] of layers) {
    const found = await statisticsOf(graph, reads, data);
    graph = editGraph(graph, {
      values: new Map([
        [`${name}.mean`, found.mean],
        [`${name}.var`, found.var],
      ]),
    });
  }
  const context = await contextOf(graph, data, { units: (size) => (size === 6 ? [0, 1, 4] : []) });
  const { graph: renewed, notes } = await bn().recover(context);
  expect(notes!.layers).toBe(2);
  for (const [reads, name] of layers) {
    const found = await statisticsOf(renewed, reads, data);
    for (const part of ["mean", "var"] as const) {
      const written = toFloat32(renewed.parameters.get(`${name}.${part}`)!);
      written.forEach((value, channel) => expect(value).toBeCloseTo(found[part][channel]!, 5));
    }
  }
  expect(numbers(renewed, "m.mean")).not.toEqual(numbers(context.pruned, "m.mean"));
});

test("a network without BatchNormalization stays as it is, and the notes say so", async () => {
  const { graph, dims } = networks["dense"]!;
  const context = await contextOf(graph, samples(dims, 8));
  const { graph: after, notes } = await bn().recover(context);
  expect(after).toBe(context.pruned);
  expect(notes).toEqual({
    layers: 0,
    remarks: ["The network has no BatchNormalization; where it had, it was folded into the layers."],
  });
});
