import { expect, test } from "vitest";
import { analyzeNetwork } from "../testing/analyze-network.ts";
import { Network } from "../testing/network.ts";
import { unitMeans, unitsAlong } from "./units-along.ts";

/** Two channels, flattened into 2·3·3 features that a dense layer reads. */
async function flattened() {
  const net = new Network();
  const features = net.reshape(net.conv("a", net.input("x", ["batch", 1, 3, 3]), 2), [0, 18]);
  const analysis = await analyzeNetwork(net, net.gemm("b", features, 4));
  return { analysis, group: analysis.groups.find((g) => g.id === "a.weight")! };
}

test("every index of an axis is of a unit, or of none", async () => {
  const { analysis, group } = await flattened();
  const [conv, dense] = analysis.linear;
  expect([...unitsAlong(analysis, group, conv!.output)!]).toEqual([0, 1]);
  expect([...unitsAlong(analysis, group, dense!.input)!].join("")).toBe("0".repeat(9) + "1".repeat(9));
  expect(unitsAlong(analysis, group, dense!.output)).toBeUndefined();
});

test("a unit's mean is over all its indices of what is read, or of what is yielded", async () => {
  const { analysis, group } = await flattened();
  const values = Array.from({ length: 18 }, (_, i) => i);
  const means = group.members.map((member) => [
    member.tensor.name,
    ...unitMeans(analysis, group, member, () => values),
  ]);
  expect(means).toEqual([
    ["a.weight", 0, 1],
    ["a.bias", 0, 0], // of no layer's matrix
    ["b.weight", 4, 13],
  ]);
});
