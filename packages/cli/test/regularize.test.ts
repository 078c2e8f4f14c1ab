import { loadOnnx, onnxModel, onnxruntimeNode, ortRuntime } from "@prune/backend-onnx/node";
import { analyzeModel, type DataSource, evidenceOf, float32Tensor, type Model, prune, type Scorer, scoringWith, toFloat32 } from "@prune/core"; // prettier-ignore
import { Network } from "@prune/core/testing";
import { neuron } from "@prune/pruner-neuron";
import { type Regularizer, sparsify } from "@prune/recovery";
import { bnScale, l2 } from "@prune/scorer-magnitude";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { FullReport } from "../src/actions/full-report.ts";
import { parseNpz } from "../src/lib/npz.ts";
import { fixture, prune as command, temporaryFolder } from "./command.ts";

const at = temporaryFolder();
const runtime = ortRuntime(onnxruntimeNode);

/** The first images of a file in fixtures. */
function images(file: string, count: number): DataSource & { readonly labels: Int32Array } {
  const { arrays } = parseNpz(readFileSync(fixture(file)), file);
  const pixels = Float32Array.from(arrays.get("image")!.data.slice(0, count * 784) as Uint8Array, (v) => v / 255);
  const labels = Int32Array.from(arrays.get("labels")!.data.slice(0, count) as Uint8Array, Number);
  const batch: DataSource["batch"] = (from, to) => ({
    image: { dtype: "float32", dims: [to - from, 1, 28, 28], data: pixels.slice(from * 784, to * 784) },
  });
  return { count, batchSize: 100, labels, batch };
}

const held = images("test10k.npz", 1000);

async function accuracy({ graph }: Model): Promise<number> {
  const session = await runtime.open(graph);
  const results = await session.run(held.batch(0, held.count));
  await session.release();
  const logits = Object.values(results)[0]!.data as Float32Array;
  const right = held.labels.filter((label, i) => {
    const row = logits.subarray(10 * i, 10 * i + 10);
    return row.indexOf(Math.max(...row)) === label;
  });
  return right.length / held.count;
}

/** The importances of one group, their mean, and how unequal they are: their deviation relative to it. */
async function spread(model: Model, scorer: Scorer, name: string): Promise<{ mean: number; inequality: number }> {
  const analysis = await analyzeModel(model);
  const group = analysis.groups.find(({ id }) => id === name)!;
  const context = { analysis, seed: 0, evidence: evidenceOf({}) };
  const scores = await scoringWith(scorer, context).group(group);
  const mean = scores.reduce((a, b) => a + b, 0) / scores.length;
  return { mean, inequality: Math.sqrt(scores.reduce((s, x) => s + (x - mean) ** 2, 0) / scores.length) / mean };
}

/** A convolution, BatchNormalization as it starts, and a classifier. */
function normalized(): Model {
  const net = new Network();
  const halved = (type: string, x: string): string =>
    net.op(type, [x], { kernel_shape: [2, 2], strides: [2, 2] }, ([n, c, h, w] = []) => [n!, c!, h! / 2, w! / 2]);
  const image = halved("AveragePool", net.input("image", ["N", 1, 28, 28]));
  const parameters = Object.entries({ scale: 1, bias: 0, mean: 0, var: 1 }).map(([name, v]) => net.weight(name, [24], v)); // prettier-ignore
  const normal = net.op("BatchNormalization", [net.conv("a", image, 24, { size: 3, bias: false }), ...parameters]);
  const graph = net.graph(net.gemm("logits", net.reshape(halved("MaxPool", net.relu(normal)), [0, 24 * 49]), 10));
  const weight = graph.parameters.get("logits.weight")!;
  const small = float32Tensor(weight.name, toFloat32(weight).map((w) => w / 20), weight.dims); // prettier-ignore
  return onnxModel({ ...graph, parameters: new Map([...graph.parameters, [weight.name, small]]) }, { runtime });
}

describe("training that makes units unequal before the cut", { timeout: 240_000 }, () => {
  test("group lasso: norms of neurons become smaller and less equal, and the cut loses less than without", async () => {
    const model = await loadOnnx(fixture("fashion_mlp.onnx"));
    const data = images("train10k.npz", 3000);
    // The first layer alone is cut, so that it does not matter how a target is shared out.
    const options = { pruner: neuron({ roundTo: 1 }), scorer: l2(), target: { macs: 0.25 }, ignore: (name: string) => name === "3.weight" }; // prettier-ignore
    const trained = async (strength: number) => {
      const training = { regularizer: "group-lasso", strength, epochs: 5, lr: 3e-3 } as const;
      const { model: after } = await sparsify(model, data, training, { seed: 1 });
      const cut = await prune(after, { ...options, verify: false });
      return { ...(await spread(after, l2(), "1.weight")), dense: await accuracy(after), cut: await accuracy(cut.model) };
    };
    const [plain, lasso] = [await trained(1e-12), await trained(3e-3)];
    expect(lasso.mean).toBeLessThan(0.5 * plain.mean);
    expect(lasso.inequality).toBeGreaterThan(2 * plain.inequality);
    expect(lasso.dense).toBeGreaterThan(plain.dense - 0.02);
    expect(lasso.dense - lasso.cut).toBeLessThan(plain.dense - plain.cut - 0.01);
  }); // prettier-ignore

  test("BN scale: γ becomes smaller and less equal", async () => {
    const training = { regularizer: "bn-scale", epochs: 5, lr: 1e-2, batchSize: 32 } as const;
    const trained = async (strength: number) => {
      const { model } = await sparsify(normalized(), images("train10k.npz", 1500), { ...training, strength });
      return spread(model, bnScale(), "a.weight");
    };
    const [plain, slim] = [await trained(1e-12), await trained(1e-1)];
    expect(slim.mean).toBeLessThan(0.5 * plain.mean);
    expect(slim.inequality).toBeGreaterThan(2 * plain.inequality);
  });
});

test("without labels, a network learns its own answers; a regulariser of one's own is a loss", async () => {
  const model = await loadOnnx(fixture("fashion_mlp.onnx"));
  const { labels, ...data } = images("train10k.npz", 200);
  expect(labels).toHaveLength(200);
  const regularizer: Regularizer = () => ({
    name: "bias",
    build: (op) => ({ loss: op.g.op("ReduceSumSquare", [op.value("1.bias").name], { keepdims: 0 }) }),
  });
  const { notes, model: after } = await sparsify(model, data, { regularizer, strength: 10, lr: 1e-2 });
  expect(notes).toMatchObject({ samples: 200, strength: 10, metric: { name: "agreement" } });
  const square = (m: Model): number => toFloat32(m.graph.parameters.get("1.bias")!).reduce((s, b) => s + b * b, 0);
  expect(square(after)).toBeLessThan(0.9 * square(model));
}, 60_000);

describe("on the command line", () => {
  const mlp = fixture("fashion_mlp.onnx");
  const run = (...flags: string[]) => command("run", mlp, "-o", at("out.onnx"), "--target", "macs=0.5", ...flags);
  const calib = ["--calib", fixture("test10k.npz"), "--recover", "none"];

  test("a plan is for the model that was trained, and replays on it", { timeout: 120_000 }, async () => {
    const [plan, trained, again] = [at("plan.json"), at("trained.onnx"), at("again.onnx")];
    const training = ["--regularize", "group-lasso:strength=1e-3,lr=2e-3", "--epochs", "1", "--save-trained", trained];
    const { code, stdout, stderr } = await run(...calib, ...training, "--plan", plan, "--json");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const report = JSON.parse(stdout) as FullReport;
    expect(report.settings).toMatchObject({ regularize: "group-lasso:strength=1e-3,lr=2e-3", epochs: 1 });
    expect(report.regularization).toMatchObject({ name: "group-lasso", samples: 10_000, strength: 1e-3, metric: { name: "accuracy" } }); // prettier-ignore
    expect(report.regularization!.losses).toHaveLength(1);
    expect(await command("apply", trained, plan, "-o", again, "--quiet")).toMatchObject({ code: 0, stderr: "" });
    expect(readFileSync(again).equals(readFileSync(at("out.onnx")))).toBe(true);
    expect(await command("verify", trained, again, plan)).toMatchObject({ code: 0 });
    expect((await command("apply", mlp, plan, "-o", at("other.onnx"))).stderr).toContain("The plan was made for another file"); // prettier-ignore
  });

  test.each([
    [["--regularize", "group-lasso"], "--regularize needs samples: give --calib DATA."],
    [[...calib, "--regularize", "lasso"], 'There is no regulariser "lasso". Known: group-lasso, bn-scale.'],
    [[...calib, "--regularize", "group-lasso:power=2"], '"group-lasso" has no option "power". It has: strength, epochs, lr, batchSize.'], // prettier-ignore
    [[...calib, "--regularize", "bn-scale:strength=0"], 'Option "strength" of "bn-scale" must be a number above 0, got 0.'], // prettier-ignore
    [[...calib, "--regularize", "bn-scale"], "There is nothing for the scales of normalisation (scaleL1, bn-scale) to act on: no channel that may be cut has the scale of a normalisation, which exporters fold into weights. Choose another regulariser."], // prettier-ignore
    [[...calib, "--regularize", "group-lasso", "--checkpoint", "c"], "--checkpoint is for recovery that trains: give --recover with finetune or distill, or leave --checkpoint out."], // prettier-ignore
    [[...calib.slice(0, 2), "--recover", "finetune", "--regularize", "group-lasso", "--checkpoint", "c"], "--regularize trains anew in every run, so that --journal and --checkpoint could not go on: write what it trains with --save-trained, and prune that file."], // prettier-ignore
    [[...calib, "--save-trained", "t.onnx"], "--save-trained writes what --regularize trains; give that, or leave --save-trained out."], // prettier-ignore
    [[...calib, "--regularize", "group-lasso", "--plan", "p.json"], "--plan with --regularize is a plan for the model as it was trained before the cut: give --save-trained FILE, and apply the plan to that file."], // prettier-ignore
  ])("%j is refused", async (flags, message) => {
    expect(await run(...flags)).toMatchObject({ code: 2, stderr: `prune: ${message}\n` });
  });
});
