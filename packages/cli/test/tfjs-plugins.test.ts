import { join } from "node:path";
import { onnxruntimeNode, ortRuntime } from "@prune/backend-onnx/node";
import { fromLayersModel, loadTfjs, loadWasm, saveTfjs, tfjsModel, toLayersModel } from "@prune/backend-tfjs/node";
import {
  analyzeModel,
  type DataSource,
  gatherEvidence,
  type Graph,
  type Model,
  prune,
  type PruneOptions,
  type PruneResult,
  type Runtime,
  type RunTensor,
  scoringWith,
} from "@prune/core";
import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { beforeAll, describe, expect, test } from "vitest";
import { builtIns } from "../src/built-ins.ts";
import type { PrunerOptions } from "../src/registry.ts";
import { temporaryFolder } from "./command.ts";

// What decides knows nothing of formats and runtimes: every scorer and pruner of the toolkit, on TensorFlow.js models.

const registry = builtIns();
const folder = temporaryFolder();
const { layers } = tfl;
const chain = (x: tfl.SymbolicTensor, ...steps: { apply(x: unknown): unknown }[]): tfl.SymbolicTensor =>
  steps.reduce((y, layer) => layer.apply(y) as tfl.SymbolicTensor, x);

/** Convolutions with normalisation and a shortcut, one of them for each channel, and pools; a dense layer at the end. */
function convolutions(): tfl.LayersModel {
  const x = tfl.input({ shape: [8, 8, 3] });
  const conv = (filters: number, kernelSize = 3): tfl.layers.Layer =>
    layers.conv2d({ filters, kernelSize, padding: "same", useBias: false });
  const relu = (): tfl.layers.Layer => layers.activation({ activation: "relu" });
  const a = chain(x, conv(16), layers.batchNormalization(), relu(), layers.maxPooling2d({ poolSize: 2 }));
  const inner = chain(a, layers.depthwiseConv2d({ kernelSize: 3, padding: "same" }), relu(), conv(16, 1), layers.batchNormalization()); // prettier-ignore
  const sum = layers.add().apply([a, inner]) as tfl.SymbolicTensor;
  const y = chain(sum, relu(), conv(24), relu(), layers.flatten(), layers.dense({ units: 16, activation: "relu" }));
  return tfl.model({ inputs: x, outputs: chain(y, layers.dense({ units: 5, activation: "softmax" })) });
}

function recurrent(): tfl.LayersModel {
  const x = tfl.input({ shape: [6, 12] });
  const steps = [layers.lstm({ units: 16, recurrentInitializer: "glorotUniform" }), layers.dense({ units: 5 })];
  return tfl.model({ inputs: x, outputs: chain(x, ...steps) });
}

function bothWays(): tfl.LayersModel {
  const x = tfl.input({ shape: [6, 12] });
  const layer = layers.lstm({ units: 12, recurrentInitializer: "glorotUniform" });
  const steps = [layers.bidirectional({ layer, mergeMode: "concat" }), layers.dense({ units: 5 })];
  return tfl.model({ inputs: x, outputs: chain(x, ...steps) });
}

const nets = { convolutions, recurrent, bothWays };
const NAMES = ["convolutions", "recurrent", "bothWays"] as const;

/** Weights that repeat from run to run, none of them zero. */
function filled(net: tfl.LayersModel): tfl.LayersModel {
  net.setWeights(
    net.weights.map(({ shape, originalName }, k) => {
      const dims = shape.map(Number);
      const size = dims.reduce((a, b) => a * b, 1);
      const scale = dims.length > 1 ? 1.5 / Math.sqrt(size / dims.at(-1)!) : 0.3;
      const offset = /variance|gamma/.test(originalName) ? 1 : 0;
      return tf.tensor(
        Float32Array.from({ length: size }, (_, i) => offset + scale * Math.sin(12.9898 * i + k)),
        dims,
      );
    }),
  );
  return net;
}

function data({ inputs }: Graph, count = 12): DataSource {
  const [{ name, dims }] = inputs as [Graph["inputs"][0]];
  const own = dims!.slice(1).map(Number);
  const size = own.reduce((a, b) => a * b, 1);
  return {
    count,
    batchSize: 4,
    labels: Int32Array.from({ length: count }, (_, i) => i % 5),
    batch: (from, to) => ({
      [name]: { dtype: "float32", dims: [to - from, ...own], data: Float32Array.from({ length: (to - from) * size }, (_, i) => Math.sin(0.37 * (from * size + i)) + ((i * 7) % 11) / 20) }, // prettier-ignore
    }),
  };
}

/** The same graph, run by ONNX Runtime throughout. */
function onOnnxRuntime({ graph }: Model): Model {
  const runtime = ortRuntime(onnxruntimeNode);
  const { trainer } = tfjsModel(graph, { runtime, trainer: runtime });
  return tfjsModel(graph, { runtime: trainer as Runtime });
}

beforeAll(async () => {
  await loadWasm();
  await tf.setBackend("wasm");
});

const ALL = [
  ...["l1", "l2", "absolute", "relative", "weight", "bn-scale", "lamp", "fpgm", "random"],
  ...["activation", "contribution", "wanda", "ria", "apoz", "entropy"],
  ...["gradient", "taylor", "taylor:on=gate", "taylor:on=activations", "snip", "grasp", "fisher"],
  ...["obd", "obd:diagonal=fisher", "obs"],
];
/** Of the slow networks one scorer for each kind of evidence. */
const ONE_EACH = ["l1", "contribution", "entropy", "taylor", "obs"];
const SCORERS = { convolutions: ALL, recurrent: ONE_EACH, bothWays: ONE_EACH };

/** All that a scorer says of a model: of its groups, and of its single weights where it scores those. */
async function scoresOf(spec: string, model: Model): Promise<Map<string, Float32Array>> {
  const scorer = await registry.scorer(spec);
  const analysis = await analyzeModel(model, { bodies: false });
  const calibration = data(model.graph);
  const providers = await registry.evidence(scorer.needs);
  const evidence = await gatherEvidence(model, analysis, { who: spec, kinds: scorer.needs, calibration, providers });
  const { group, weights } = scoringWith(scorer, { analysis, seed: 0, evidence });
  const scores = new Map<string, Float32Array>();
  for (const one of analysis.groups.filter((g) => !g.blocked)) scores.set(one.id, await group(one));
  for (const layer of scorer.scoreWeights ? analysis.linear : []) scores.set(layer.tensor.name, await weights(layer));
  return scores;
}

/** Importances of a group lie close together: what counts is the difference relative to the largest. */
function difference(a: Float32Array, b: Float32Array): number {
  const scale = a.reduce((most, v) => Math.max(most, Math.abs(v)), 1e-12);
  return a.reduce((most, v, i) => Math.max(most, Math.abs(v - b[i]!)), 0) / scale;
}

describe.each(NAMES)("law: scores do not depend on the runtime (%s)", (name) => {
  test.each(SCORERS[name])("%s", async (spec) => {
    const model = await fromLayersModel(filled(nets[name]()));
    const [here, there] = [await scoresOf(spec, model), await scoresOf(spec, onOnnxRuntime(model))];
    expect([...here.keys()]).toEqual([...there.keys()]);
    expect(here.size).toBeGreaterThan(0);
    for (const [key, scores] of here) expect([key, difference(there.get(key)!, scores)]).toEqual([key, expect.toSatisfy((d: number) => d < 2e-3)]); // prettier-ignore
  });
});

/** What TensorFlow.js itself makes of a model that was written to a file, and what the toolkit makes of it. */
async function answers(model: Model): Promise<{ theirs: Float32Array; ours: Float32Array; weights: Float32Array }> {
  const path = join(folder(), "model.json");
  await saveTfjs(model, path);
  const again = await loadTfjs(path);
  const genuine = (await toLayersModel(again, tfl)) as tfl.LayersModel;
  const feeds = data(model.graph).batch(0, 4);
  const [{ data: values, dims }] = Object.values(feeds) as [RunTensor];
  const session = await again.runtime.open(again.graph);
  const [ours] = Object.values(await session.run(feeds));
  await session.release();
  const theirs = genuine.predict(tf.tensor(values as Float32Array, [...dims])) as tf.Tensor;
  const weights = genuine.weights.filter(({ shape }) => shape.length > 1).flatMap((w) => [...w.read().dataSync()]);
  return { theirs: theirs.dataSync() as Float32Array, ours: ours!.data as Float32Array, weights: Float32Array.from(weights) }; // prettier-ignore
}

const zeros = (values: Float32Array): number => values.filter((v) => v === 0).length / values.length;

describe.each(NAMES)("pruned models run in TensorFlow.js as they do here (%s)", (name) => {
  const pruned = async (
    type: string,
    options: PrunerOptions,
    spec?: string,
    target?: PruneOptions["target"],
  ): Promise<PruneResult> => {
    // prettier-ignore
    const model = await fromLayersModel(filled(nets[name]()));
    const scorer = spec === undefined ? undefined : await registry.scorer(spec);
    const result = await prune(model, {
      pruner: await registry.pruner(type, options),
      ...(scorer ? { scorer } : {}),
      ...(target ? { target } : {}),
      calibration: data(model.graph),
      evidence: await registry.evidence(scorer?.needs ?? []),
    });
    const { theirs, ours } = await answers(result.model);
    expect(difference(theirs, ours)).toBeLessThan(1e-5);
    return result;
  };

  test.each(SCORERS[name])("neurons by %s", async (spec) => {
    const { report } = await pruned("neuron", {}, spec, { macs: 0.5 });
    expect(report.after.macs / report.before.macs).toBeLessThanOrEqual(0.5);
    if (spec !== "obs") expect(report.verification).toMatchObject({ exact: true, unproven: [] });
  });

  test.each([
    [{}, "absolute", { sparsity: 0.6 }, 0.6],
    [{}, "obs", { sparsity: 0.5 }, 0.5],
    [{}, "taylor", { sparsity: 0.5 }, 0.5],
    [{ pattern: "2:4" }, "wanda", { sparsity: 0.5 }, 0.45], // rows of three inputs stay
    [{ pattern: "4x1" }, "l1", { sparsity: 0.5 }, 0.45],
  ] as const)("connections %j by %s", async (options, spec, target, least) => {
    const { model } = await pruned("connection", options, spec, target);
    expect(zeros((await answers(model)).weights)).toBeGreaterThan(least - 0.02);
  });

  test("weights that are zero", async () => {
    const { report } = await pruned("weight", { percentile: 60 });
    expect(report.verification).toMatchObject({ exact: true });
  });

  test.runIf(name === "convolutions")("layers", async () => {
    const { model, report } = await pruned("layer", {}, "contribution", { sparsity: 0.5 });
    expect(report.after.macs).toBeLessThan(report.before.macs);
    expect(model.graph.nodes.some((node) => node.attributes["group"])).toBe(false);
  });
});
