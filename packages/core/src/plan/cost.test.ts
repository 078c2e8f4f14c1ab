import { describe, expect, test } from "vitest";
import { groupOf, without } from "../../test/group-texts.ts";
import { nodeOf } from "../graph/node.ts";
import { float32Tensor } from "../graph/tensor.ts";
import { analyze } from "../solver/analyze.ts";
import { analyzeNetwork } from "../testing/analyze-network.ts";
import { Network } from "../testing/network.ts";
import { costModel } from "./cost.ts";
import { cutOf } from "./cut.ts";

/** Two convolutions and a dense layer on an 8×8 image. */
function cnn(): { net: Network; output: string } {
  const net = new Network();
  const x = net.relu(net.conv("a", net.input("x", ["batch", 3, 8, 8]), 4, { size: 3 }));
  const y = net.relu(net.batchNorm("bn", net.conv("b", x, 6, { bias: false })));
  const flat = net.op("Flatten", [net.pool(y)], {}, ([n] = []) => [n!, 6]);
  return { net, output: net.gemm("c", flat, 2) };
}

describe("a small network, counted by hand", () => {
  test("as it is", async () => {
    const { net, output } = cnn();
    const { original } = costModel(await analyzeNetwork(net, output));
    expect(original).toEqual({
      // 4 channels of 3·3·3 at 64 pixels, 6 of 4 at 64 pixels, 2 of 6.
      macs: 4 * 27 * 64 + 6 * 4 * 64 + 2 * 6,
      // 4·27 + 4, 6·4, four vectors of 6, 6·2 + 2.
      params: 112 + 24 + 24 + 14,
      bytes: 4 * (112 + 24 + 24 + 14),
    });
  });

  test("without one channel of the first and two of the second layer", async () => {
    const { net, output } = cnn();
    const analysis = await analyzeNetwork(net, output);
    const costs = costModel(analysis);
    const groups = [without(groupOf(analysis, "a.weight"), 0), without(groupOf(analysis, "b.weight"), 1, 5)];
    const cut = cutOf(analysis, new Map(groups));
    expect(costs.at(cut.countOf)).toEqual({
      macs: 3 * 27 * 64 + 4 * 3 * 64 + 2 * 4,
      params: 3 * 27 + 3 + 4 * 3 + 4 * 4 + 4 * 2 + 2,
      bytes: 4 * (3 * 27 + 3 + 4 * 3 + 4 * 4 + 4 * 2 + 2),
    });
    const macs = costs.layersAt(cut.countOf).filter((layer) => layer.macs);
    expect(macs.map((layer) => [layer.node.name, layer.macs])).toEqual([
      ["a", 3 * 27 * 64],
      ["b", 4 * 3 * 64],
      ["c", 2 * 4],
    ]);
  });
});

describe("grouped convolutions", () => {
  test("count what a block reads", async () => {
    const net = new Network();
    const x = net.conv("g", net.conv("a", net.input("x", [1, 3, 4, 4]), 4, { bias: false }), 6, {
      group: 2,
      bias: false,
    });
    const { original } = costModel(await analyzeNetwork(net, net.conv("b", x, 2, { bias: false })));
    expect(original.macs).toBe(16 * (4 * 3 + 6 * 2 + 2 * 6));
    expect(original.params).toBe(4 * 3 + 6 * 2 + 2 * 6);
  });
});

describe("what counts as a parameter", () => {
  test("floats of two elements and more; bytes are those of all constants", async () => {
    const net = new Network();
    const x = net.op("Mul", [net.gemm("a", net.input("x", [1, 3]), 4), net.weight("one", [], 2)]);
    const y = net.gemm("b", net.reshape(x, [1, 4]), 2);
    const { original } = costModel(await analyzeNetwork(net, y));
    expect(original.params).toBe(12 + 4 + 8 + 2);
    expect(original.bytes).toBe(4 * (12 + 4 + 8 + 2) + 4 + 2 * 8);
  });

  test("what has no elements counts nothing, whatever its other axes lose", async () => {
    const net = new Network();
    const x = net.input("x", [1, 3]);
    const hidden = net.concat([net.gemm("a", x, 4), net.parameter(float32Tensor("none", [], [0, 4]))], 0);
    const analysis = await analyzeNetwork(net, net.matMul(hidden, net.weight("b.weight", [4, 2])));
    const cut = cutOf(analysis, new Map([without(groupOf(analysis, "a.weight"), 1)]));
    expect(Array.from(cut.axesOf("none"))).toEqual([[1, Int32Array.of(0, 2, 3)]]);
    const costs = costModel(analysis);
    expect([costs.original.bytes, costs.at(cut.countOf).bytes]).toEqual([4 * (12 + 4 + 8), 4 * (9 + 3 + 6)]);
  });

  test("weights in Constant nodes count too", async () => {
    const net = new Network();
    const y = net.matMul(net.input("x", [1, 3]), net.weight("w", [3, 2]));
    const graph = net.graph(y);
    const value = graph.parameters.get("w")!;
    const constant = nodeOf("Constant", [], ["w"], { value: { type: "tensor", value } });
    const inline = { ...graph, parameters: new Map(), nodes: [constant, ...graph.nodes] };
    const analysis = await analyze(inline, () => Promise.resolve(net.shapes(graph)));
    expect(costModel(analysis).original).toEqual({ macs: 6, params: 6, bytes: 24 });
  });

  test("a tensor that is stored once for two layers counts once, until the two are cut differently", async () => {
    const net = new Network();
    // Exporters store equal biases once, and hang an Identity on them.
    const bias = net.weight("a.bias", [4], 0);
    const own = net.op("Identity", [bias], {}, undefined, "b.bias");
    const dense = (name: string, x: string, b: string): string =>
      net.op("Gemm", [x, net.weight(`${name}.weight`, [net.dimsOf(x)[1]!, 4]), b], {}, [1, 4], name);
    const hidden = net.relu(dense("b", net.relu(dense("a", net.input("x", [1, 3]), bias)), own));
    const analysis = await analyzeNetwork(net, net.gemm("c", hidden, 2));
    const costs = costModel(analysis);
    expect(costs.original.params).toBe(12 + 16 + 4 + 8 + 2);
    const cut = cutOf(analysis, new Map([without(groupOf(analysis, "a.weight"), 3)]));
    expect(costs.at(cut.countOf).params).toBe(9 + 12 + (3 + 4) + 8 + 2);
  });
});
