import { float32Tensor, floatTensor, nodeOf, tensorOf, toFloat32, type Analysis, type Graph } from "@prune/core";
import { Network } from "@prune/core/testing";
import { describe, expect, test } from "vitest";
import {
  contextOf,
  difference,
  networks,
  noise,
  outputsOf,
  quantizedWeights,
  recovered,
  samples,
} from "../test/recovering.ts";
import { reconstruct } from "./reconstruct.ts";

/** Every third unit, but never all of them. */
const some = (size: number): number[] => Array.from({ length: size - 1 }, (_, i) => i).filter((i) => i % 3 === 0);

test("a linear network with more hidden units than inputs loses nothing with those it has too many of", async () => {
  const net = new Network();
  const graph = net.graph(net.gemm("b", net.gemm("a", net.input("x", ["batch", 3]), 6), 2));
  const context = await contextOf(graph, samples([3], 40), { units: () => [0, 2] });
  const after = await recovered(context, reconstruct({ ridge: 1e-9 }));
  const wanted = await outputsOf(graph, context.data);
  expect(difference(wanted, await outputsOf(context.pruned, context.data))).toBeGreaterThan(0.1);
  expect(difference(wanted, await outputsOf(after.pruned, context.data))).toBeLessThan(1e-4);
});

describe.each(Object.entries(networks))("%s", (_, { graph, dims }) => {
  const data = samples(dims, 48);

  test("a network that nothing was cut from keeps its outputs", async () => {
    const context = await contextOf(graph, data);
    const { pruned } = await recovered(context, reconstruct());
    expect(difference(await outputsOf(graph, data), await outputsOf(pruned, data))).toBeLessThan(1e-4);
  });

  test("after a cut, outputs come closer to the original's", async () => {
    const context = await contextOf(graph, data, { units: some });
    const { graph: better, notes } = await reconstruct().recover(context);
    expect(notes!.layers).toBe(context.analysis.linear.filter((layer) => !layer.joint).length);
    expect(notes!.outputError!.after).toBeLessThan(0.7 * notes!.outputError!.before);
    for (const [name, { dims }] of context.pruned.parameters) expect(better.parameters.get(name)!.dims).toEqual(dims);
  });

  test("the same comes of keeping no activations as of keeping all", async () => {
    const context = await contextOf(graph, data, { units: some });
    const [none, all] = [await recovered(context, reconstruct({ memory: 0 })), await recovered(context, reconstruct())];
    expect(difference(await outputsOf(all.pruned, data), await outputsOf(none.pruned, data))).toBeLessThan(1e-3);
  });

  test("the same comes of fitting outputs one by one as of fitting all at once", async () => {
    const context = await contextOf(graph, data, { units: some });
    const [one, all] = [
      await recovered(context, reconstruct({ passBytes: 1 })),
      await recovered(context, reconstruct()),
    ];
    expect(difference(await outputsOf(all.pruned, data), await outputsOf(one.pruned, data))).toBeLessThan(1e-3);
  });

  test("masked weights stay zero, the others make up for them", async () => {
    const masksOf = ({ linear }: Analysis) =>
      new Map(
        linear.map(({ tensor }, i) => [
          tensor.name,
          noise(toFloat32(tensor).length, i + 1).map((v) => (v > 0 ? 1 : 0)),
        ]),
      );
    const edits = (analysis: Analysis) => ({
      masks: new Map([...masksOf(analysis)].map(([name, mask]) => [name, Uint8Array.from(mask)])),
    });
    const context = await contextOf(graph, data, { edits });
    const { graph: better, notes } = await reconstruct().recover(context);
    expect(notes!.outputError!.after).toBeLessThan(0.7 * notes!.outputError!.before);
    for (const [name, mask] of context.edits.masks!) {
      const weights = toFloat32(better.parameters.get(name)!);
      expect(weights.every((w, i) => mask[i] === 1 || w === 0)).toBe(true);
    }
  });

  test("inputs without any rank do no harm", async () => {
    for (const value of [0, 1]) {
      const flat = samples(dims, 8, new Float32Array(8 * dims.reduce((a, b) => a * b, 1)).fill(value));
      const context = await contextOf(graph, flat, { units: some });
      const { graph: better, notes } = await reconstruct().recover(context);
      expect(notes!.outputError!.after).toBeLessThanOrEqual(notes!.outputError!.before);
      expect((await outputsOf(better, data)).every(Number.isFinite)).toBe(true);
    }
  });
});

test("the last layer of a branch takes over the error of the shortcut", async () => {
  // y = x·S + x·B, with half of S masked: B can restore y if it aims at y, and not if it aims at what x·B was.
  const net = new Network();
  const x = net.input("x", ["batch", 4]);
  const graph = net.graph(net.add(net.matMul(x, net.weight("s", [4, 6])), net.matMul(x, net.weight("b", [4, 6]))));
  const mask = Uint8Array.from({ length: 24 }, (_, i) => i % 2);
  const data = samples([4], 40);
  const context = await contextOf(graph, data, { edits: () => ({ masks: new Map([["s", mask]]) }) });
  const wanted = await outputsOf(graph, data);
  expect(difference(wanted, await outputsOf(context.pruned, data))).toBeGreaterThan(0.2);
  const { pruned } = await recovered(context, reconstruct({ ridge: 1e-9 }));
  expect(difference(wanted, await outputsOf(pruned, data))).toBeLessThan(1e-4);
});

test("a layer before a removed block learns to yield what the block did, as far as it was linear", async () => {
  const net = new Network();
  const x = net.gemm("a", net.input("x", ["batch", 4]), 5);
  const sum = net.add(x, net.gemm("b", x, 5));
  const graph = net.graph(net.gemm("c", sum, 2));
  const data = samples([4], 40);
  const context = await contextOf(graph, data, { edits: () => ({ bypassed: new Map([[sum, x]]) }) });
  expect(context.pruned.nodes).toHaveLength(2);
  const { pruned } = await recovered(context, reconstruct({ ridge: 1e-9 }));
  expect(difference(await outputsOf(graph, data), await outputsOf(pruned, data))).toBeLessThan(1e-4);
});

test("weights of half precision stay so", async () => {
  const net = new Network();
  const half = (name: string, dims: readonly number[]): string =>
    net.parameter(floatTensor(name, "float16", noise(dims[0]! * dims[1]!, name.length), dims));
  const x = net.op("Cast", [net.input("x", ["batch", 4])], { to: 10 });
  const hidden = net.op("Relu", [net.matMul(x, half("first", [4, 12]))]);
  const graph = net.graph(net.op("Cast", [net.matMul(hidden, half("second", [12, 3]))], { to: 1 }));
  const context = await contextOf(graph, samples([4], 60), { units: some });
  const { graph: better, notes } = await reconstruct().recover(context);
  expect(notes!.outputError!.after).toBeLessThan(0.5 * notes!.outputError!.before);
  expect(better.parameters.get("second")!.dtype).toBe("float16");
});

test("two layers that share their weights are left as they are, and the notes say so", async () => {
  const net = new Network();
  const x = net.input("x", ["batch", 4]);
  const weight = net.weight("w", [4, 4]);
  const graph = net.graph(net.gemm("c", net.matMul(net.relu(net.matMul(x, weight)), weight), 2));
  const context = await contextOf(graph, samples([4], 20));
  const { notes } = await reconstruct().recover(context);
  expect(notes!.remarks).toContain('"w" was left as it was: it shares its weights with another layer.');
});

test.each([0, -1, NaN, Infinity])("ridge %s is refused", (ridge) => {
  expect(() => reconstruct({ ridge })).toThrow(
    `Option ridge must be a number above 0, got ${ridge}. The default is 1e-4.`,
  );
});

test("an aborted run keeps what is done", async () => {
  const { graph, dims } = networks["dense"]!;
  const context = await contextOf(graph, samples(dims, 20), { units: some });
  const { notes } = await reconstruct().recover({ ...context, signal: { aborted: true } });
  expect(notes!.layers).toBe(0);
});

test("layers that multiply integers are passed over, and the report says so", async () => {
  const net = new Network();
  const graph = net.graph(net.conv("b", net.relu(net.input("x", ["batch", 2, 4, 4])), 2));
  const [scale, zero] = [float32Tensor("scale", [0.02], []), tensorOf("zero", "uint8", [], Uint8Array.of(128))];
  const weight = tensorOf("w", "uint8", [2, 2, 1, 1], Uint8Array.of(100, 140, 160, 120));
  const [q, y] = [[scale.name, zero.name], graph.outputs[0]!.name];
  const integers = [
    nodeOf("QuantizeLinear", [y, ...q], ["i"]),
    nodeOf("QLinearConv", ["i", ...q, "w", ...q, ...q], ["j"]),
    nodeOf("DequantizeLinear", ["j", ...q], ["out"]),
  ];
  const context = await contextOf(
    {
      ...graph,
      nodes: [...graph.nodes, ...integers],
      outputs: [{ ...graph.outputs[0]!, name: "out" }],
      parameters: new Map([...graph.parameters, ...[scale, zero, weight].map((t) => [t.name, t] as const)]),
    },
    samples([2, 4, 4], 8),
  );
  const { notes } = await reconstruct().recover(context);
  expect(notes!.remarks![0]).toBe(
    "1 quantised layer (QLinearConv) was passed over: only those behind a DequantizeLinear can be fitted.",
  );
});

describe("weights that are stored as integers", () => {
  const build = (): Graph => {
    const net = new Network();
    const hidden = net.relu(net.conv("a", net.input("x", ["batch", 2, 6, 6]), 12, { size: 3 }));
    return quantizedWeights(net.graph(net.conv("b", hidden, 3)));
  };

  test("are fitted too, as far as their scales allow", async () => {
    const context = await contextOf(build(), samples([2, 6, 6], 48), { units: some });
    const { graph, notes } = await reconstruct().recover(context);
    expect(notes!.layers).toBe(2);
    expect(notes!.outputError!.after).toBeLessThan(0.7 * notes!.outputError!.before);
    const { dtype, dims } = graph.parameters.get("b.weight/q")!;
    expect([dtype, ...dims]).toEqual(["int8", ...context.pruned.parameters.get("b.weight/q")!.dims]);
  });

  test("stay zero where they were masked", async () => {
    const edits = ({ linear }: Analysis) => ({
      masks: new Map([[linear[1]!.tensor.name, Uint8Array.from(noise(36), (v) => Number(v > 0))]]),
    });
    const context = await contextOf(build(), samples([2, 6, 6], 48), { edits });
    const { graph, notes } = await reconstruct().recover(context);
    expect(notes!.outputError!.after).toBeLessThan(notes!.outputError!.before);
    const mask = context.edits.masks!.get("b.weight/q")!;
    const stored = graph.parameters.get("b.weight/q")!.bytes();
    expect(Array.from(stored).every((q, i) => mask[i] === 1 || q === 0)).toBe(true);
  });
});
