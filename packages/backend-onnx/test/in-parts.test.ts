import { GraphBuilder, inParts, sampleInputs, type Graph, type RunValues, type Session } from "@prune/core";
import { Network } from "@prune/core/testing";
import { describe, expect, test } from "vitest";
import { onnxruntimeNode, ortRuntime } from "../src/node/index.ts";
import { temporaryFile } from "../src/node/temporary-file.ts";

const runtime = ortRuntime(onnxruntimeNode);
const WIDTH = 160; // weights of 100 KiB

/** Three layers with a shortcut around the second; the weights are said to be elsewhere. */
function network(): Graph {
  const net = new Network();
  const x = net.input("x", ["batch", WIDTH]);
  const first = net.op("Relu", [net.gemm("a", x, WIDTH)]);
  const second = net.op("Relu", [net.gemm("b", first, WIDTH)]);
  const graph = net.graph(net.gemm("c", net.op("Add", [first, second]), 5));
  const parameters = new Map([...graph.parameters].map(([name, t]) => [name, { ...t, stored: true as const }]));
  return { ...graph, parameters };
}

const inMemory = ({ parameters, ...graph }: Graph): Graph => ({
  ...graph,
  parameters: new Map([...parameters].map(([name, tensor]) => [name, { ...tensor, stored: undefined }])),
});

const feedsOf = (graph: Graph, batch: number): RunValues => sampleInputs(graph, { batch });

/** The largest difference of the values that the second has, as a fraction of the largest value. */
function differenceOf(a: RunValues, b: RunValues): number {
  const worst = Object.entries(b).map(([name, { data }]) => {
    const [x, y] = [a[name]!.data as Float32Array, data as Float32Array];
    if (x.length !== y.length) return Infinity;
    const most = (list: Float32Array): number => list.reduce((m, v) => Math.max(m, Math.abs(v)), 0);
    return most(x.map((v, i) => v - y[i]!)) / most(y);
  });
  return Math.max(...worst);
}

/** A runtime that notes how many bytes of weights each session is given, built in or fed. */
function watched(): { readonly open: (graph: Graph) => Promise<Session>; readonly given: number[] } {
  const given: number[] = [];
  const spy = {
    ...runtime,
    open: async (graph: Graph): Promise<Session> => {
      const session = await runtime.open(graph);
      const size = ({ dims }: { readonly dims?: unknown }): number => (dims as number[]).reduce((a, b) => a * b, 4);
      const fed = graph.inputs.filter(({ name }) => name.includes("weight"));
      given.push([...graph.parameters.values(), ...fed].reduce((sum, tensor) => sum + size(tensor), 0));
      return session;
    },
  };
  const parted = inParts(spy, { partBytes: 1000, keep: temporaryFile() });
  return { open: (graph) => parted.open(graph), given };
}

describe("a network whose weights are not in memory", () => {
  test("yields what it yields in one piece, with one layer loaded at a time", async () => {
    const graph = network();
    const { open, given } = watched();
    const session = await open(graph);
    const whole = await runtime.open(inMemory(graph));
    const feeds = feedsOf(graph, 3);
    expect(differenceOf(await session.run(feeds), await whole.run(feeds))).toBeLessThan(1e-5);
    expect(given.length).toBeGreaterThanOrEqual(3);
    expect(Math.max(...given)).toBeLessThan(1.1 * 4 * WIDTH ** 2);
  });

  test("takes many inputs at once, of different sizes, each layer being loaded once for all", async () => {
    const graph = network();
    const { open, given } = watched();
    const session = await open(graph);
    const whole = await runtime.open(inMemory(graph));
    const all = [1, 2, 7].map((batch) => feedsOf(graph, batch));
    const found: RunValues[] = [];
    await session.over!(all.map((feeds) => () => feeds), (values, i) => (found[i] = values)); // prettier-ignore
    for (const [i, feeds] of all.entries()) expect(differenceOf(found[i]!, await whole.run(feeds))).toBeLessThan(1e-5);
    expect(given.length).toBeLessThan(2 * 3);
  });

  test("gives what is asked for in the midst of it, and inputs that are outputs", async () => {
    const graph = network();
    const builder = new GraphBuilder(graph);
    const sum = builder.output(builder.sum(graph.nodes[0]!.outputs[0]!, [0]));
    const asked = { ...builder.build(true), outputs: [...builder.build(true).outputs, { name: "x", dtype: "float32", dims: undefined }] } as const; // prettier-ignore
    const feeds = feedsOf(graph, 2);
    const [parted, whole] = [await watched().open(asked), await runtime.open(inMemory(builder.build(true)))];
    const found = await parted.run(feeds);
    expect(differenceOf(found, await whole.run(feeds))).toBeLessThan(1e-5);
    expect(found[sum]!.dims).toEqual([WIDTH]);
    expect(found["x"]).toEqual(feeds["x"]);
    expect(Object.keys(await parted.run(feeds, [sum]))).toEqual([sum]);
  });

  test("one that is in memory is run as it is", async () => {
    const { open, given } = watched();
    const session = await open(inMemory(network()));
    expect("over" in session).toBe(false);
    expect(given).toHaveLength(1);
  });
});
