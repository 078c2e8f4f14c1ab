import {
  analyzeModel,
  cutOf,
  type Decision,
  editGraph,
  type Model,
  parsePlan,
  prune,
  type PruneContext,
  type Pruner,
  replay,
  type Scorer,
  toFloat32,
  verify,
} from "@prune/core";
import { Network } from "@prune/core/testing";
import { expect, test } from "vitest";
import { onnxModel } from "../src/onnx-model.ts";
import { onnxruntimeNode, ortRuntime } from "../src/node/index.ts";

const runtime = ortRuntime(onnxruntimeNode);
const scorer: Scorer = { name: "none", needs: [], score: ({ size }) => new Float32Array(size) };

/** Dense layers 4 → 6 → 6 → 2, with a shortcut around the middle one. */
function residual(): Model {
  const net = new Network();
  const x = net.relu(net.gemm("a", net.input("x", ["batch", 4]), 6));
  const branch = net.relu(net.gemm("b", x, 6));
  return onnxModel(net.graph(net.gemm("c", net.add(x, branch), 2)), { runtime });
}

const deciding = (decide: Pruner["decide"]): Pruner => ({ name: "test", decide });
const options = { scorer, target: { sparsity: 0.5 } };

async function outputOf({ graph, runtime }: Model): Promise<number[]> {
  const session = await runtime.open(graph);
  const data = Float32Array.of(0.5, -1, 2, 0.25);
  const result = await session.run({ x: { dtype: "float32", dims: [1, 4], data } });
  await session.release();
  return Array.from(Object.values(result)[0]!.data as Float32Array);
}

test("masks set weights to zero, in the plan and in its replay too", async () => {
  const model = residual();
  const mask = Uint8Array.from({ length: 36 }, (_, i) => (i % 3 ? 1 : 0));
  const pruner = deciding(() => Promise.resolve({ masks: new Map([["b.weight", mask]]) }));
  const { model: smaller, plan, report } = await prune(model, { ...options, pruner });
  const before = toFloat32(model.graph.parameters.get("b.weight")!);
  const after = toFloat32(smaller.graph.parameters.get("b.weight")!);
  expect([...after]).toEqual([...before].map((w, i) => (mask[i] ? w : 0)));
  expect(report.verification).toMatchObject({ exact: true });
  const again = await replay(model, parsePlan(JSON.stringify(plan)));
  expect(again.model.toBytes()).toEqual(smaller.toBytes());
});

test("a bypassed layer leaves, with its weights; what it cost is gone", async () => {
  const model = residual();
  const { analysis, sum, x } = await analyzeModel(model).then((analysis) => {
    const add = analysis.graph.nodes.find((n) => n.opType === "Add")!;
    return { analysis, sum: add.outputs[0]!, x: add.inputs[0]! };
  });
  expect(analysis.linear).toHaveLength(3);
  const pruner = deciding(() => Promise.resolve({ bypassed: new Map([[sum, x]]) }));
  const { model: smaller, plan, report } = await prune(model, { ...options, pruner });
  expect(smaller.graph.nodes.map((n) => n.opType)).toEqual(["Gemm", "Relu", "Gemm"]);
  expect([...smaller.graph.parameters.keys()].some((name) => name.startsWith("b."))).toBe(false);
  expect(plan.removedNodes).toHaveLength(3);
  expect(report.before.macs - report.after.macs).toBe(36);
  // The same as the original with the branch's weights and biases at zero.
  const zero = new Map([
    ["b.weight", new Uint8Array(36)],
    ["b.bias", new Uint8Array(6)],
  ]);
  const masked = await prune(model, { ...options, pruner: deciding(() => Promise.resolve({ masks: zero })) });
  const [a, b] = await Promise.all([outputOf(smaller), outputOf(masked.model)]);
  a.forEach((value, i) => expect(value).toBeCloseTo(b[i]!, 5));
});

test("of a bypass it is proven that the branch counted for nothing", async () => {
  const model = residual();
  const analysis = await analyzeModel(model);
  const add = analysis.graph.nodes.find((n) => n.opType === "Add")!;
  const edits = { bypassed: new Map([[add.outputs[0]!, add.inputs[0]!]]) };
  const cut = cutOf(analysis, new Map());
  const right = editGraph(analysis.graph, edits);
  expect(await verify(analysis, cut, right, runtime, { edits })).toMatchObject({ exact: true, maskedError: 0 });
  await expect(verify(analysis, cut, model.graph, runtime, { edits })).rejects.toMatchObject({
    code: "verification-failed",
  });
});

test("what promises to be lossless is compared with the original itself", async () => {
  const model = residual();
  const decide = ({ groups }: PruneContext): Promise<Decision> =>
    Promise.resolve({ lossless: true, removed: new Map([[groups[0]!, Uint8Array.of(1, 0, 0, 0, 0, 0)]]) });
  await expect(prune(model, { ...options, pruner: deciding(decide) })).rejects.toMatchObject({
    code: "verification-failed",
  });
});

test("a copy of a constant that is stored once can be changed alone", async () => {
  const net = new Network();
  const shared = net.weight("shared", [3]);
  const x = net.op("Add", [net.gemm("a", net.input("x", ["batch", 4]), 3), net.op("Identity", [shared], {}, undefined, "first")]); // prettier-ignore
  const y = net.op("Add", [net.gemm("b", x, 3), net.op("Identity", [shared], {}, undefined, "second")]);
  const model = onnxModel(net.graph(net.relu(y)), { runtime });
  const values = new Map([["second", Float32Array.of(7, 8, 9)]]);
  const { model: changed } = await prune(model, { ...options, pruner: deciding(() => Promise.resolve({ values })) });
  expect([...toFloat32(changed.graph.parameters.get("second")!)]).toEqual([7, 8, 9]);
  expect([...toFloat32(changed.graph.parameters.get("shared")!)]).toEqual([
    ...toFloat32(model.graph.parameters.get("shared")!),
  ]);
});

test("values take the place of a constant's, together with a cut", async () => {
  const model = residual();
  const values = new Map([["c.bias", Float32Array.of(7, 8)]]);
  const pruner = deciding(({ groups }) =>
    Promise.resolve({ values, removed: new Map([[groups[0]!, Uint8Array.of(1, 0, 0, 0, 0, 0)]]) }),
  );
  const { model: smaller, plan } = await prune(model, { ...options, pruner });
  expect([...toFloat32(smaller.graph.parameters.get("c.bias")!)]).toEqual([7, 8]);
  expect(smaller.graph.parameters.get("a.weight")!.dims).toContain(5);
  const again = await replay(model, parsePlan(JSON.stringify(plan)));
  expect(again.model.toBytes()).toEqual(smaller.toBytes());
});

test.each([
  ["a mask of something else", { masks: [{ tensor: "z", encoding: "bits/base64", data: "" }] }, 'changes "z"'],
  ["an unknown encoding", { masks: [{ tensor: "b.weight", encoding: "rle", data: "" }] }, 'as "rle"'],
  ["a value of another shape", { replace: [{ value: "x", by: "c.bias" }] }, "does not have the same shape"],
])("a plan with %s is refused", async (_, parts, message) => {
  const plan = parsePlan(JSON.stringify({ format: "prune-plan/1", axes: [], ...parts }));
  await expect(replay(residual(), plan)).rejects.toThrow(message);
});
