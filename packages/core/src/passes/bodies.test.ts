import { expect, test } from "vitest";
import { modelOf, runtime } from "../../test/onnx.ts";
import type { Graph, ValueInfo } from "../graph/graph.ts";
import { nodeOf, type Attribute, type Node } from "../graph/node.ts";
import { float32Tensor, int64Tensor, type Tensor } from "../graph/tensor.ts";
import type { RunTensor } from "../model.ts";
import { applyCut } from "../plan/apply-cut.ts";
import { costModel } from "../plan/cost.ts";
import { cutOf } from "../plan/cut.ts";
import { planOf } from "../plan/plan.ts";
import { verify } from "../plan/verify.ts";
import { analyzeModel } from "../prune.ts";
import type { Analysis } from "../solver/analyze.ts";
import { liftAlike } from "./lift-alike.ts";
import { sinkBodies } from "./sink-bodies.ts";

const info = (name: string, ...dims: (number | string)[]): ValueInfo => ({ name, dtype: "float32", dims });
const scalar = (name: string, dtype: "bool" | "int64"): ValueInfo => ({ name, dtype, dims: [] });
const named = (...tensors: Tensor[]): Map<string, Tensor> => new Map(tensors.map((t) => [t.name, t]));
const base = { name: "test", opsets: new Map([["", 17]]) };
const body = (nodes: Node[], outputs: ValueInfo[], rest: Partial<Graph> = {}): Attribute => ({
  type: "graph",
  value: { ...base, inputs: [], parameters: new Map(), ...rest, nodes, outputs },
});

/** A matrix [4, 6], or [6, 4], in which units 1 and 4 of the 6 are zero. */
function matrix(name: string, rows: number, columns: number, seed: number): Tensor {
  const value = (i: number): number => {
    const unit = columns === 6 ? i % 6 : Math.floor(i / 4);
    return unit === 1 || unit === 4 ? 0 : Math.sin(seed + 7 * i);
  };
  return float32Tensor(name, Array.from({ length: rows * columns }, (_, i) => value(i)), [rows, columns]); // prettier-ignore
}

/** y = W₂·relu(W₁·h), the weights under names with a prefix. */
const layers = (prefix: string, h: string, y: string): Node[] => [
  nodeOf("MatMul", [h, `${prefix}1`], [`${prefix}_a`], {}, `${prefix}/up`),
  nodeOf("Relu", [`${prefix}_a`], [`${prefix}_b`]),
  nodeOf("MatMul", [`${prefix}_b`, `${prefix}2`], [y], {}, `${prefix}/down`),
];
const weights = (prefix: string, seed: number): Tensor[] => [
  matrix(`${prefix}1`, 4, 6, seed),
  matrix(`${prefix}2`, 6, 4, seed + 1),
];
const constant = (tensor: Tensor): Node =>
  nodeOf("Constant", [], [tensor.name], { value: { type: "tensor", value: tensor } });

/** y = exp(flag ? W₂·relu(W₁·|x|) : V₂·relu(V₁·|x|)): W inside the branch, V outside of it, one in a Constant node. */
const choice: Graph = {
  ...base,
  inputs: [info("x", "batch", 4), scalar("flag", "bool")],
  outputs: [info("y", "batch", 4)],
  parameters: named(weights("v", 3)[0]!),
  nodes: [
    constant(weights("v", 3)[1]!),
    nodeOf("Abs", ["x"], ["h"]),
    nodeOf("If", ["flag"], ["z"], {
      then_branch: body(layers("w", "h", "w_y"), [info("w_y", "batch", 4)], { parameters: named(...weights("w", 5)) }),
      else_branch: body(layers("v", "h", "v_y"), [info("v_y", "batch", 4)]),
    }),
    nodeOf("Exp", ["z"], ["y"]),
  ],
};

/** Three times x ← W₂·relu(W₁·x). */
const repeated: Graph = {
  ...base,
  inputs: [info("x", "batch", 4)],
  outputs: [info("y", "batch", 4)],
  parameters: named(int64Tensor("times", [3], [])),
  nodes: [
    nodeOf("Loop", ["times", "", "x"], ["y"], {
      body: body(
        [...layers("w", "state", "next"), nodeOf("Identity", ["more"], ["again"])],
        [scalar("again", "bool"), info("next", "batch", 4)],
        { inputs: [scalar("i", "int64"), scalar("more", "bool"), info("state", "batch", 4)], parameters: named(...weights("w", 5)) }, // prettier-ignore
      ),
    }),
  ],
};

/** Cuts the units that are zero from every group. */
async function cutZeros(graph: Graph): Promise<{ analysis: Analysis; whole: Graph; layerError: number }> {
  const analysis = await analyzeModel(modelOf(graph));
  const free = analysis.groups.filter((g) => !g.blocked);
  const cut = cutOf(analysis, new Map(free.map((g) => [g, Uint8Array.of(0, 1, 0, 0, 1, 0)])));
  const flat = applyCut(analysis, cut);
  const whole = sinkBodies(flat, analysis.bodies);
  const { layerError } = await verify(analysis, cut, liftAlike(whole, analysis, cut), runtime);
  return { analysis, whole, layerError: layerError! };
}

async function outputOf(graph: Graph, feeds: Record<string, RunTensor>): Promise<number[]> {
  const session = await runtime.open(graph, { cpu: true });
  const { y } = await session.run(feeds);
  await session.release();
  return Array.from(y!.data as Float32Array);
}
const x: RunTensor = { dtype: "float32", dims: [2, 4], data: Float32Array.of(1, -2, 0.5, 3, -1, 0.25, 2, 1) };

test("both branches of an If shrink, wherever their weights are, and compute what they did", async () => {
  const { analysis, whole, layerError } = await cutZeros(choice);
  expect(analysis.groups.filter((g) => !g.blocked).map((g) => `${g.id}: ${g.size}`)).toEqual(["w1: 6", "v1: 6"]);
  expect(layerError).toBeLessThan(1e-6);
  const [then, other] = [true, false].map((flag) => {
    const branch = whole.nodes.find((n) => n.opType === "If")!.attributes[flag ? "then_branch" : "else_branch"]!;
    return branch.type === "graph" ? branch.value : undefined;
  });
  expect([...then!.parameters.values()].map((t) => t.dims)).toEqual([[4, 4], [4, 4]]); // prettier-ignore
  expect(other!.parameters.size).toBe(0);
  expect([whole.parameters.get("v1")!.dims, whole.parameters.get("v2")!.dims]).toEqual([[4, 4], [4, 4]]); // prettier-ignore
  for (const flag of [0, 1]) {
    const feeds = { x, flag: { dtype: "bool", dims: [], data: Uint8Array.of(flag) } as const };
    const [before, after] = [await outputOf(choice, feeds), await outputOf(whole, feeds)];
    after.forEach((value, i) => expect(value).toBeCloseTo(before[i]!, 5));
  }
});

test("branches that hold the same weights lose the same units", async () => {
  const branch = (y: string, seeds: readonly number[]): Attribute =>
    body(layers("w", "h", y), [info(y, "batch", 4)], { parameters: named(matrix("w1", 4, 6, seeds[0]!), matrix("w2", 6, 4, seeds[1]!)) }); // prettier-ignore
  const twice = (seeds: readonly number[]): Graph => ({
    ...choice,
    nodes: choice.nodes.map((n) => (n.opType === "If" ? nodeOf("If", ["flag"], ["z"], { then_branch: branch("a", [5, 6]), else_branch: branch("b", seeds) }) : n)), // prettier-ignore
  });
  const groupsOf = async (graph: Graph): Promise<string[]> =>
    (await analyzeModel(modelOf(graph))).groups.filter((g) => !g.blocked).map((g) => g.members.map((m) => m.tensor.name).join()); // prettier-ignore
  expect(await groupsOf(twice([5, 6]))).toEqual(["w1,w2,w1/inlined1,w2/inlined1"]);
  expect(await groupsOf(twice([7, 8]))).toEqual(["w1,w2", "w1/inlined1,w2/inlined1"]);
  const { whole } = await cutZeros(twice([5, 6]));
  for (const flag of [0, 1]) {
    const feeds = { x, flag: { dtype: "bool", dims: [], data: Uint8Array.of(flag) } as const };
    const [before, after] = [await outputOf(twice([5, 6]), feeds), await outputOf(whole, feeds)];
    after.forEach((value, i) => expect(value).toBeCloseTo(before[i]!, 5));
  }
});

test("nodes of several bodies go by names of their own while they stand side by side", async () => {
  const branch = (prefix: string): Attribute =>
    body(layers(prefix, "h", `${prefix}_y`).map((n, i) => ({ ...n, name: `layer${i}` })), [info(`${prefix}_y`, "batch", 4)]); // prettier-ignore
  const graph: Graph = {
    ...choice,
    parameters: named(...weights("v", 3), ...weights("w", 5)),
    nodes: [
      nodeOf("Abs", ["x"], ["h"]),
      nodeOf("If", ["flag"], ["z"], { then_branch: branch("w"), else_branch: branch("v") }),
      nodeOf("Exp", ["z"], ["y"]),
    ],
  };
  const { analysis, layerError } = await cutZeros(graph);
  expect(layerError).toBeLessThan(1e-6);
  const all = analysis.graph.nodes.map((n) => n.name).filter(Boolean);
  expect(new Set(all).size).toBe(all.length);
});

test("the body of a Loop shrinks; what it hands from turn to turn stays", async () => {
  const { whole } = await cutZeros(repeated);
  const { body: loop } = whole.nodes[0]!.attributes;
  expect(loop?.type === "graph" && [...loop.value.parameters.values()].map((t) => t.dims)).toEqual([[4, 4], [4, 4]]); // prettier-ignore
  const [before, after] = [await outputOf(repeated, { x }), await outputOf(whole, { x })];
  after.forEach((value, i) => expect(value).toBeCloseTo(before[i]!, 4));
});

test("bodies stay whole where it is asked for", async () => {
  const analysis = await analyzeModel(modelOf(choice), { bodies: false });
  expect(planOf(analysis, cutOf(analysis, new Map())).blocked.at(-1)).toEqual({
    group: "z",
    reason:
      "has weights in a body, which gradients, training and schedules of several steps do not reach; its MACs are not counted",
    node: 'If "z"',
  });
  expect(analysis.groups.filter((g) => !g.blocked)).toEqual([]);
  expect(sinkBodies(analysis.original, analysis.bodies)).toBe(analysis.original);
});

test("weights in bodies that stay whole are counted", async () => {
  const [cut, whole] = [await analyzeModel(modelOf(choice)), await analyzeModel(modelOf(choice), { bodies: false })];
  const [a, b] = [costModel(cut).original, costModel(whole).original];
  // Four matrices of 4 x 6; those of one branch are in the branch.
  expect([a.params, b.params]).toEqual([96, 96]);
  expect(b.bytes).toBe(a.bytes);
});
