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
