import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { analyzeModel, applyCut, cutOf, leastImportant, parsePlan, prune, replay, verify, type Analysis, type Cut, type Decision, type Graph, type Model, type PruneContext, type Pruner, type Scorer } from "@prune/core"; // prettier-ignore
import { beforeAll, expect, test } from "vitest";
import { loadOnnx, onnxModel } from "../src/node/index.ts";
import { Network } from "./network.ts";

const path = fileURLToPath(new URL("../../../fixtures/fashion-mnist/fashion_resnet.onnx", import.meta.url));
const ones: Scorer = { name: "ones", needs: [], score: (group) => new Float32Array(group.size).fill(1) };
const half: Pruner = {
  name: "half",
  decide: async ({ groups, score }) => ({
    removed: new Map(
      await Promise.all(groups.map(async (g) => [g, leastImportant(await score(g), g.size / 2)] as const)),
    ),
  }),
};
const options = { pruner: half, scorer: ones, target: { sparsity: 0.5 } };

let model: Model;
let analysis: Analysis;
let cut: Cut;
beforeAll(async () => {
  model = await loadOnnx(path);
  analysis = await analyzeModel(model);
  const free = analysis.groups.filter((g) => !g.blocked);
  cut = cutOf(analysis, new Map(free.map((g) => [g, leastImportant(new Float32Array(g.size).fill(1), g.size / 2)])));
});

test("prunes a trained ResNet, exactly: the last layer's outputs alone are left whole", async () => {
  const { report, plan } = await prune(model, options);
  expect(report.verification).toMatchObject({ exact: true, layers: 21 });
  expect(report.verification!.layerError).toBeLessThan(1e-5);
  expect(report.blocked).toEqual([{ group: "14.weight", reason: 'feeds graph output "logits"' }]);
  expect(plan.axes.every((a) => a.keep.length === a.size / 2)).toBe(true);
});

test("a plan replays to the same bytes; for another file it is refused", async () => {
  const { model: pruned, plan } = await prune(model, options);
  const again = await replay(model, parsePlan(JSON.stringify(plan)));
  expect(Buffer.compare(Buffer.from(again.model.toBytes()), Buffer.from(pruned.toBytes()))).toBe(0);
  const other = { ...plan, model: { sha256: "0".repeat(64) } };
  await expect(replay(model, other)).rejects.toMatchObject({ code: "bad-plan" });
  await expect(replay(model, other, { force: true })).resolves.toBeDefined();
});

test("a plan that tears slices apart is refused", async () => {
  const { plan } = await prune(model, options);
  await expect(replay(model, { ...plan, axes: plan.axes.slice(1, 2) })).rejects.toMatchObject({ code: "bad-plan" });
  const wrong = { ...plan.axes[0]!, size: 7 };
  await expect(replay(model, { ...plan, axes: [wrong] })).rejects.toMatchObject({ code: "bad-plan" });
});

test("an empty decision changes nothing, and is an error unless it is allowed", async () => {
  const none: Pruner = { name: "none", decide: async () => ({}) };
  await expect(prune(model, { ...options, pruner: none })).rejects.toMatchObject({ code: "nothing-to-prune" });
  const { model: same } = await prune(model, { ...options, pruner: none, allowNoop: true });
  expect(Buffer.compare(Buffer.from(same.toBytes()), await readFile(path))).toBe(0);
});

test("verification notices weights that are 1 % off, in any layer", async () => {
  const right = applyCut(analysis, cut);
  await expect(verify(analysis, cut, right, model.runtime)).resolves.toBeDefined();
  for (const { weight } of analysis.layers.slice(0, -1)) {
    const tampered = withParameter(right, weight!.name, (data) => data.forEach((w, i) => (data[i] = 1.01 * w)));
    await expect(verify(analysis, cut, tampered, model.runtime)).rejects.toMatchObject({ code: "verification-failed" });
  }
});

test("decisions that fit no group are refused by name", async () => {
  const deciding = (decide: Pruner["decide"]): Pruner => ({ name: "mine", untargeted: true, decide });
  const short = ({ groups }: PruneContext) => Promise.resolve({ removed: new Map([[groups[0]!, Uint8Array.of(1)]]) });
  const none = () => Promise.resolve(undefined as unknown as Decision);
  await expect(prune(model, { pruner: deciding(short) })).rejects.toThrow(
    /^Pruner "mine" decided on 1 of the \d+ units of group "\S+"\. A decision is \{ removed \}/,
  );
  await expect(prune(model, { pruner: deciding(none) })).rejects.toThrow('Pruner "mine" decided undefined. ');
});

test("scores that are missing or not finite are refused by name", async () => {
  const short: Scorer = { ...ones, name: "short", score: () => new Float32Array(1) };
  await expect(prune(model, { ...options, scorer: short })).rejects.toThrow(/Scorer "short" gave 1 scores for/);
  const nan: Scorer = { ...ones, name: "nan", score: (g) => new Float32Array(g.size).fill(NaN) };
  await expect(prune(model, { ...options, scorer: nan })).rejects.toThrow(/not finite/);
});

function withParameter(graph: Graph, name: string, edit: (data: Float32Array) => void): Graph {
  const tensor = graph.parameters.get(name)!;
  const data = new Float32Array(tensor.bytes().slice().buffer);
  edit(data);
  const changed = { name, dtype: tensor.dtype, dims: tensor.dims, bytes: () => new Uint8Array(data.buffer) };
  return { ...graph, parameters: new Map([...graph.parameters, [name, changed]]) };
}

test("reports groups, the importances it decided by, and the way that data takes", async () => {
  const scorer: Scorer = { name: "index", needs: [], score: ({ size }) => Float32Array.from({ length: size }, (_, i) => i) }; // prettier-ignore
  const { report, plan } = await prune(model, { ...options, scorer });
  expect(report.groups.map(({ id, size, kept }) => [id, size, kept])).toEqual(
    plan.groups.map(({ id, size, kept }) => [id, size, kept]),
  );
  expect(report.importance?.map((i) => i.of)).toEqual(report.groups.map((g) => g.id));
  for (const [i, { of, kept, removed, cut: at, ...ends }] of report.importance!.entries()) {
    const { size } = report.groups[i]!;
    expect({ of, at, ...ends }).toMatchObject({ at: size / 2 - 0.5, from: 0, max: size - 1, kind: "channels" });
    expect([removed, kept].map((bins) => bins.reduce((a, b) => a + b))).toEqual([size / 2, size / 2]);
  }
  expect(report.graph.filter((n) => n.layer !== undefined)).toHaveLength(report.layers.length);
  expect(report.graph.map((n) => n.opType)).toEqual(expect.arrayContaining(["Input", "Add", "Output"]));
});

test("verification takes rounding that a network magnifies for what it is", async () => {
  const net = new Network(17);
  const hidden = net.op("Relu", [net.linear(net.input("N", 16), 16, 2048)]);
  const large = net.op("Mul", [net.linear(hidden, 2048, 32), net.scalar(200)]);
  const { runtime } = model;
  const graph = net.graph(net.op("Sin", [net.linear(large, 32, 32)]));
  const own = await analyzeModel(onnxModel(graph, { runtime }));
  const group = own.groups.find((g) => g.size === 2048);
  const some = cutOf(
    own,
    new Map([
      [
        group!,
        leastImportant(
          Float32Array.from({ length: 2048 }, (_, i) => i % 2),
          1024,
        ),
      ],
    ]),
  );
  const right = applyCut(own, some);
  const { maskedError, layerError } = await verify(own, some, right, runtime);
  expect(maskedError).toBeGreaterThan(1e-4);
  expect(layerError).toBeLessThan(1e-4);
  const tampered = withParameter(right, group!.members[0]!.tensor.name, (data) => (data[0]! += 1));
  await expect(verify(own, some, tampered, runtime)).rejects.toMatchObject({ code: "verification-failed" });
});
