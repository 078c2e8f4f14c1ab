import { expect, test } from "vitest";
import { toFloat32 } from "../graph/tensor.ts";
import { analyzeNetwork } from "../testing/analyze-network.ts";
import { Network } from "../testing/network.ts";
import { analyzeSample, sampleNetworks } from "../testing/sample-networks.ts";
import { mapWeights } from "./linear-layers.ts";

test("a layer's weights are all elements of its tensor, each once", async () => {
  for (const sample of sampleNetworks()) {
    for (const layer of (await analyzeSample(sample)).linear) {
      let calls = 0;
      expect(mapWeights(layer, (w) => (calls++, w))).toEqual(toFloat32(layer.tensor));
      expect(calls).toBe(toFloat32(layer.tensor).length);
    }
  }
});

test("a weight of a convolution in blocks knows its input channel and its output channel", async () => {
  const net = new Network();
  const y = net.conv("c", net.input("x", ["batch", 4, 3, 3]), 2, { group: 2 });
  const [layer] = (await analyzeNetwork(net, y)).linear;
  // Output 0 reads channels 0 and 1, output 1 reads 2 and 3.
  expect([...mapWeights(layer!, (_, input) => input)]).toEqual([0, 1, 2, 3]);
  expect([...mapWeights(layer!, (_, __, row) => row)]).toEqual([0, 0, 1, 1]);
});

test("so does one of a matrix that is stored the other way round", async () => {
  const net = new Network();
  const turned = net.transpose(net.weight("w", [2, 3]), [1, 0]);
  const [layer] = (await analyzeNetwork(net, net.matMul(net.input("x", ["batch", 3]), turned))).linear;
  expect([...mapWeights(layer!, (_, input) => input)]).toEqual([0, 1, 2, 0, 1, 2]);
  expect([...mapWeights(layer!, (_, __, row) => row)]).toEqual([0, 0, 0, 1, 1, 1]);
});

test("weights behind operators that only move them", async () => {
  // Stored as [inputs, gates · units], read as [units · gates, inputs], with the two gates the other way round.
  const net = new Network();
  const stored = net.weight("w", [2, 6], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  const gates = net.op("Gather", [net.reshape(stored, [2, 2, 3]), net.ints([1, 0])], { axis: 1 }, [2, 2, 3]);
  const matrix = net.reshape(net.transpose(gates, [0, 2, 1]), [2, 6]);
  const [layer] = (await analyzeNetwork(net, net.matMul(net.input("x", ["batch", 2]), matrix))).linear;
  expect(layer).toMatchObject({ rows: 6, features: 2 });
  expect(layer!.tensor.name).toBe("w");
  const read = Array.from({ length: 6 }, (_, row) => [0, 1].map((feature) => layer!.at(0, row, feature, 0)));
  expect(read.map(([first]) => first)).toEqual([3, 0, 4, 1, 5, 2]);
  expect(read.map(([, second]) => second)).toEqual([9, 6, 10, 7, 11, 8]);
});
