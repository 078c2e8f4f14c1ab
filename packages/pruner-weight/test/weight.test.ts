import { onnxModel, onnxruntimeNode, ortRuntime } from "@prune/backend-onnx/node";
import {
  type Graph,
  type Model,
  parsePlan,
  prune,
  type PruneOptions,
  type PruneResult,
  replay,
  toFloat32,
} from "@prune/core";
import { checkPruner, Network } from "@prune/core/testing";
import { describe, expect, test } from "vitest";
import { weight, type WeightOptions } from "../src/weight.ts";

const runtime = ortRuntime(onnxruntimeNode);
const modelOf = (graph: Graph): Model => onnxModel(graph, { runtime });
const pruned = (graph: Graph, options: WeightOptions = {}, more: Partial<PruneOptions> = {}): Promise<PruneResult> =>
  prune(modelOf(graph), { pruner: weight(options), ...more });
const parameter = ({ model }: PruneResult, name: string): number[] => [...toFloat32(model.graph.parameters.get(name)!)];

/** `y = c · relu(b · x + bias)` from 2 inputs over hidden units to 1 output. */
function twoLayers(incoming: number[], bias: number[], outgoing: number[]): Graph {
  const net = new Network();
  const [w, b] = [net.weight("w", [2, bias.length], incoming), net.weight("b", [bias.length], bias)];
  const hidden = net.relu(net.op("Gemm", [net.input("x", ["batch", 2]), w, b], {}, ([n] = []) => [n!, bias.length]));
  const [v, c] = [net.weight("v", [bias.length, 1], outgoing), net.weight("c", [1], [10])];
  return net.graph(net.op("Gemm", [hidden, v, c], {}, ([n] = []) => [n!, 1], "y"));
}

test("units that nothing comes into, or that nothing leaves, are removed; the others stay as they are", async () => {
  // Unit 1 has no weights in and no bias, unit 3 no weight out.
  const result = await pruned(twoLayers([1, 0, 2, 3, 4, 0, 5, 6], [1, 0, 0, 2], [7, 8, 9, 0]));
  expect(parameter(result, "w")).toEqual([1, 2, 4, 5]);
  expect(parameter(result, "b")).toEqual([1, 0]);
  expect(parameter(result, "v")).toEqual([7, 9]);
  expect(parameter(result, "c")).toEqual([10]);
  expect(result.report.verification).toMatchObject({ lossless: true });
  expect(result.report.notes).toMatchObject({ dead: [{ group: "w", size: 4, removed: 2 }], folded: [], allDead: [] });
});

test("what a unit yields always goes into the next bias, and a replay of the plan gives the same", async () => {
  // relu(3) · 5 = 15 is added to 10.
  const graph = twoLayers([1, 0, 2, 0], [0, 3], [1, 5]);
  const result = await pruned(graph);
  expect(parameter(result, "w")).toEqual([1, 2]);
  expect(parameter(result, "c")).toEqual([25]);
  expect(result.report.notes).toMatchObject({ folded: ["c"] });
  const again = await replay(modelOf(graph), parsePlan(JSON.stringify(result.plan)));
  expect(again.model.toBytes()).toEqual(result.model.toBytes());
  expect(again.report.verification).toMatchObject({ lossless: true });
});

test("a unit that only dead units feed is dead, too", async () => {
  const net = new Network();
  const layer = (x: string, name: string, values: number[], rows: number): string => {
    const columns = values.length / rows;
    const inputs = [x, net.weight(name, [rows, columns], values), net.weight(`${name}.bias`, [columns], 0)];
    return net.relu(net.op("Gemm", inputs, {}, ([n] = []) => [n!, columns]));
  };
  const a = layer(net.input("x", ["batch", 2]), "a", [1, 0, 2, 0], 2);
  const b = layer(a, "b", [3, 0, 4, 5], 2); // its second unit reads the dead one alone
  const result = await pruned(net.graph(layer(b, "c", [6, 7, 8, 9], 2)));
  expect([parameter(result, "a"), parameter(result, "b"), parameter(result, "c")]).toEqual([[1, 2], [3], [6, 7]]);
});

describe("a constant under a convolution", () => {
  const convolutions = (bias: number, size: number): Graph => {
    const net = new Network();
    const inputs = [
      net.input("x", ["batch", 1, 5, 5]),
      net.weight("w", [2, 1, 1, 1], [1, 0]),
      net.weight("b", [2], [0, bias]),
    ];
    const hidden = net.relu(net.op("Conv", inputs, {}, ([n] = []) => [n!, 2, 5, 5]));
    return net.graph(net.conv("c", hidden, 3, { size }));
  };

  test("goes into its bias where it sees all of it", async () => {
    const result = await pruned(convolutions(2, 1));
    expect(result.plan.groups).toMatchObject([{ id: "w", size: 2, kept: 1 }]);
    expect(result.report.notes).toMatchObject({ folded: ["c.bias"] });
  });

  test("stays where it reads zeros beyond the edges instead", async () => {
    await expect(pruned(convolutions(2, 3))).rejects.toMatchObject({ code: "nothing-to-prune" });
  });

  test("goes without a trace where the activation makes it zero", async () => {
    const result = await pruned(convolutions(-2, 3));
    expect(result.plan.groups).toMatchObject([{ id: "w", size: 2, kept: 1 }]);
    expect(result.report.notes).toMatchObject({ folded: [] });
  });
});

describe("where there is no bias, a constant goes", () => {
  test("into what is added next", async () => {
    const net = new Network();
    const x = net.op("MatMul", [net.input("x", ["batch", 4, 2]), net.weight("w", [2, 2], [1, 0, 2, 0])], {}, undefined);
    const hidden = net.relu(net.op("Add", [x, net.weight("b", [2], [0, 3])]));
    const result = await pruned(net.graph(net.linear("c", hidden, 3)));
    expect(result.plan.values.map((v) => v.tensor)).toEqual(["c.bias"]);
  });

  test("into the biases of a recurrent layer, one of two sets", async () => {
    const net = new Network();
    const x = net.op("Gemm", [
      net.input("x", [4, 2]),
      net.weight("w", [2, 2], [1, 0, 2, 0]),
      net.weight("b", [2], [0, 3]),
    ]);
    const steps = net.reshape(net.relu(x), [4, 1, 2]);
    const [w, r, b] = [net.weight("lw", [1, 12, 2]), net.weight("lr", [1, 12, 3]), net.weight("lb", [1, 24])];
    const y = net.op("LSTM", [steps, w, r, b], { hidden_size: 3 }, [4, 1, 1, 3]);
    const result = await pruned(net.graph(net.relu(net.linear("c", y, 2))));
    expect(result.plan.values.map((v) => v.tensor)).toEqual(["lb"]);
    expect(result.plan.groups).toMatchObject([{ size: 2, kept: 1 }]);
  });

  test("into the mean of a normalisation", async () => {
    const net = new Network();
    const inputs = [
      net.input("x", ["batch", 1, 3, 3]),
      net.weight("w", [2, 1, 1, 1], [1, 0]),
      net.weight("b", [2], [0, 3]),
    ];
    const hidden = net.relu(net.op("Conv", inputs, {}, ([n] = []) => [n!, 2, 3, 3]));
    const result = await pruned(net.graph(net.relu(net.batchNorm("bn", net.conv("c", hidden, 3, { bias: false })))));
    expect(result.plan.values.map((v) => v.tensor)).toEqual(["bn.mean"]);
  });

  test("nowhere, and the unit stays", async () => {
    const net = new Network();
    const x = net.gemm("a", net.input("x", ["batch", 2]), 2);
    const gone = net.op("Mul", [x, net.weight("mask", [2], [1, 0])]);
    const hidden = net.op("Sigmoid", [gone]);
    const result = net.matMul(hidden, net.weight("v", [2, 3]));
    await expect(pruned(net.graph(net.relu(result)))).rejects.toMatchObject({ code: "nothing-to-prune" });
  });
});

test("where all units are dead, one stays, and the report says so", async () => {
  const result = await pruned(twoLayers([0, 0, 0, 0], [0, 0], [1, 2]));
  expect(result.plan.groups).toMatchObject([{ size: 2, kept: 1 }]);
  expect(result.report.notes).toMatchObject({
    allDead: ["w"],
    summary: [
      "1 dead unit in 1 group was removed.",
      'No unit of "w" is alive: one is left, since runtimes need one, and nothing passes through it.',
    ],
  });
});

test("with nothing to remove, it says so, unless that is allowed", async () => {
  const graph = twoLayers([1, 2, 3, 4], [0, 0], [1, 2]);
  await expect(pruned(graph)).rejects.toThrow('Nothing was pruned: "weight" found nothing to remove.');
  const { model, report } = await pruned(graph, {}, { allowNoop: true });
  expect(model.toBytes()).toEqual(modelOf(graph).toBytes());
  expect(report.after).toEqual(report.before);
});

describe("small weights become zero", () => {
  // Outgoing weights first to last: 0.1 2 0.3 4.
  const graph = twoLayers([5, 6, 7, 8, 9, 10, 11, 12], [0, 0, 0, 0], [0.1, 2, -0.3, 4]);

  test("up to epsilon", async () => {
    const result = await pruned(graph, { epsilon: 0.3000001 });
    expect(parameter(result, "v")).toEqual([2, 4]);
    expect(parameter(result, "w")).toEqual([6, 8, 10, 12]);
    expect(result.report.verification).toMatchObject({ lossless: true });
  });

  test("a percentage of all", async () => {
    // 25 % of 12 weights: 0.1, 0.3 and 2.
    const result = await pruned(graph, { percentile: 25 });
    expect(parameter(result, "v")).toEqual([4]);
    expect(result.report.notes).toMatchObject({ threshold: 2 });
  });

  test("but not in layers that are to be left as they are", async () => {
    const ignore = (name: string): boolean => name === "y";
    await expect(pruned(graph, { epsilon: 1 }, { ignore })).rejects.toMatchObject({ code: "nothing-to-prune" });
  });

  test("and stay zero where their units live", async () => {
    const result = await pruned(twoLayers([0.1, 1, 1, 1], [0, 0], [1, 1]), { epsilon: 0.2 });
    expect(parameter(result, "w")).toEqual([0, 1, 1, 1]);
    expect(result.report.notes?.summary?.[0]).toBe("1 of 6 weights became zero, in 1 layer.");
  });
});

test.each<[WeightOptions, string]>([
  [{ epsilon: -1 }, "Option epsilon must be a number from 0, got -1."],
  [{ percentile: 100 }, "Option percentile must be a number above 0 and below 100, got 100."],
  [{ epsilon: 1, percentile: 5 }, "epsilon and percentile both say which weights become zero: give one of them."],
])("options %j are refused", (options, message) => {
  expect(() => weight(options)).toThrow(message);
});

test("it takes no target", async () => {
  const options = { pruner: weight(), target: { macs: 0.5 } };
  await expect(prune(modelOf(twoLayers([1, 2], [0], [1])), options)).rejects.toThrow("takes no target");
});

test("keeps the laws of a pruner", async () => {
  expect(await checkPruner(weight(), { ranks: false })).toEqual([]);
});
