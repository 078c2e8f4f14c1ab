import { analyze, floatsOf, GraphBuilder, probe, toFloat32, type Graph } from "@prune/core";
import { Network } from "@prune/core/testing";
import { expect, test } from "vitest";
import { onnxruntimeNode, ortRuntime } from "../src/node/index.ts";

const runtime = ortRuntime(onnxruntimeNode);
const [STEPS, BATCH, FEATURES, HIDDEN] = [4, 3, 2, 5] as const;

function network(direction: string, given: boolean): Graph {
  const net = new Network();
  const directions = direction === "bidirectional" ? 2 : 1;
  const weights = [
    net.weight("W", [directions, HIDDEN, FEATURES]),
    net.weight("R", [directions, HIDDEN, HIDDEN]),
    net.weight("B", [directions, 2 * HIDDEN]),
  ];
  const state = given ? ["", net.weight("h", [directions, BATCH, HIDDEN])] : [];
  const attributes = { hidden_size: HIDDEN, direction: { type: "string", value: direction } as const };
  const x = net.input("x", [STEPS, BATCH, FEATURES]);
  return net.graph(net.op("RNN", [x, ...weights, ...state], attributes, [STEPS, directions, BATCH, HIDDEN], "y"));
}

test.each(
  ["forward", "reverse", "bidirectional"].flatMap((direction) => [
    [direction, "given", true] as const,
    [direction, "zero", false] as const,
  ]),
)("%s, with states that begin as %s: tanh(W·x + R·h + b) is what an RNN yields", async (direction, _, given) => {
  const graph = network(direction, given);
  const { linear } = await analyze(graph, (g) => probe(g, runtime));
  expect(linear.map(({ tensor, joint }) => [tensor.name, joint])).toEqual([
    ["W", false],
    ["R", true],
  ]);
  const builder = new GraphBuilder(graph);
  const matrices = linear.map((layer) => builder.output(layer.unfold!(builder)));
  const session = await runtime.open(builder.build(true));
  const data = Float32Array.from({ length: STEPS * BATCH * FEATURES }, (_, i) => Math.sin(i));
  const result = await session.run({ x: { dtype: "float32", dims: [STEPS, BATCH, FEATURES], data } });
  await session.release();
  const y = floatsOf(result["y"]!);
  const { blocks, rows } = linear[0]!;
  for (let step = 0; step < STEPS; step++)
    for (let sample = 0; sample < BATCH; sample++)
      for (let block = 0; block < blocks; block++)
        for (let row = 0; row < rows; row++) {
          let sum = 0;
          linear.forEach((layer, i) => {
            const matrix = floatsOf(result[matrices[i]!]!);
            const weights = toFloat32(layer.tensor);
            sum += toFloat32(layer.bias!)[layer.biasAt(block, row)]!;
            for (let f = 0; f < layer.features; f++) {
              const read = matrix[((step * BATCH + sample) * blocks + block) * layer.features + f]!;
              sum += weights[layer.at(block, row, f, 0)]! * read;
            }
          });
          expect(y[((step * blocks + block) * BATCH + sample) * HIDDEN + row]!).toBeCloseTo(Math.tanh(sum), 5);
        }
});
