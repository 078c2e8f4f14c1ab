import { describe, expect, test } from "vitest";
import { groupOf, without } from "../../test/group-texts.ts";
import type { Analysis } from "../solver/analyze.ts";
import { analyzeNetwork } from "../testing/analyze-network.ts";
import { Network } from "../testing/network.ts";
import { cutOf } from "./cut.ts";
import { type Plan, planOf } from "./plan.ts";
import { transferPlan } from "./transfer-plan.ts";

const waves = (size: number, seed: number): number[] => Array.from({ length: size }, (_, i) => Math.sin(seed + i));

/** Three layers of the same numbers, `[4, 6]`, `[6, 6]` and `[6, 2]`, under names that begin as given; all biases are zero. */
function network(names: readonly [string, string, string], seed = 0): Network & { readonly hidden: string; y: string } {
  const net = new Network();
  const layer = (name: string, x: string, from: number, to: number, at: number): string =>
    net.op("Gemm", [x, net.weight(`${name}.weight`, [from, to], waves(from * to, seed + at)), net.weight(`${name}.bias`, [to], 0)], {}, [1, to], name); // prettier-ignore
  const hidden = net.relu(layer(names[0], net.input("x", [1, 4]), 4, 6, 0));
  const y = layer(names[2], net.relu(layer(names[1], hidden, 6, 6, 100)), 6, 2, 200);
  return Object.assign(net, { hidden, y });
}

async function analysisOf(names: readonly [string, string, string], seed?: number): Promise<Analysis> {
  const net = network(names, seed);
  return analyzeNetwork(net, net.y);
}

/** The first layer without units 1 and 4. */
async function planned(): Promise<[Plan, Analysis]> {
  const analysis = await analysisOf(["a", "b", "c"]);
  return [planOf(analysis, cutOf(analysis, new Map([without(groupOf(analysis, "a.weight"), 1, 4)]))), analysis];
}

test("weights are cut where those of the same elements were, and what is equal by chance follows", async () => {
  const [plan, from] = await planned();
  const { axes, model } = transferPlan(plan, from, await analysisOf(["onnx::1", "onnx::2", "onnx::3"]), "abc");
  expect(model).toEqual({ sha256: "abc" });
  // Both biases of 6 are zeros; one of them was cut.
  expect(axes.map(({ tensor, axis, keep }) => `${tensor}.${axis}: ${keep.join(" ")}`)).toEqual([
    "onnx::1.weight.1: 0 2 3 5",
    "onnx::1.bias.0: 0 2 3 5",
    "onnx::2.weight.0: 0 2 3 5",
  ]);
});

describe("what cannot be carried over", () => {
  test("a plan for weights that the model does not have", async () => {
    const [plan, from] = await planned();
    const to = await analysisOf(["a", "b", "c"], 7);
    expect(() => transferPlan(plan, from, to)).toThrow("The model shares no weight with the one that the plan was made for, of those that it cuts."); // prettier-ignore
  });

  test("a cut of what the model hands out", async () => {
    const [plan, from] = await planned();
    const net = network(["p", "q", "r"]);
    const to = await analyzeNetwork(net, [net.y, net.hidden]);
    expect(() => transferPlan(plan, from, to)).toThrow(`The plan cuts "p.weight", which feeds graph output "${net.hidden}" in this model.`); // prettier-ignore
  });

  test("a cut of one of two that the model adds up", async () => {
    const [plan, from] = await planned();
    const net = network(["p", "q", "r"]);
    const sum = net.add(net.hidden, net.relu(net.op("Gemm", [net.hidden, "q.weight"], {}, [1, 6], "again")));
    const to = await analyzeNetwork(net, [net.y, net.gemm("end", sum, 2)]);
    expect(() => transferPlan(plan, from, to)).toThrow('The plan cuts what "q.weight" holds in a way that this model cannot follow.'); // prettier-ignore
  });

  test("more than a cut", async () => {
    const [plan, from] = await planned();
    const mask = { tensor: "a.weight", encoding: "", data: "" };
    expect(() => transferPlan({ ...plan, masks: [mask] }, from, from)).toThrow("The plan sets single weights to zero: it can be carried out on the model it was made for alone."); // prettier-ignore
    expect(() => transferPlan({ ...plan, removedNodes: ["a"] }, from, from)).toThrow("takes out nodes");
  });
});
