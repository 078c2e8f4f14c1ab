import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { prune, sampleInputs, type Model, type PruneResult, type RunTensor, type TargetOption } from "@prune/core";
import { neuron } from "@prune/pruner-neuron";
import { l2 } from "@prune/scorer-magnitude";
import * as tf from "@tensorflow/tfjs-core";
import { resultOf, samples } from "./genuine.ts";
import type * as tfl from "@tensorflow/tfjs-layers";
import { afterAll } from "vitest";

/** Prunes as the command line does when it is told nothing but the target. */
export const halve = (model: Model, target: TargetOption = { macs: 0.5 }): Promise<PruneResult> =>
  prune(model, { pruner: neuron(), scorer: l2(), target });

/** Largest difference between two results, relative to the largest magnitude. */
export function difference(a: RunTensor, b: RunTensor): number {
  if (String(a.dims) !== String(b.dims)) throw new Error(`shapes differ: [${a.dims}] and [${b.dims}]`);
  let [scale, most] = [1e-6, 0];
  for (let i = 0; i < a.data.length; i++) {
    const [x, y] = [Number(a.data[i]), Number(b.data[i])];
    scale = Math.max(scale, Math.abs(x));
    most = Math.max(most, Math.abs(x - y));
  }
  return most / scale;
}

/** Runs a model through the toolkit's runtime on its sample inputs. */
export async function run({ runtime, graph }: Model): Promise<RunTensor[]> {
  const session = await runtime.open(graph);
  try {
    const results = await session.run(sampleInputs(graph));
    return graph.outputs.map(({ name }) => results[name]!);
  } finally {
    await session.release();
  }
}

/** Runs a model of TensorFlow.js itself on the same inputs. */
export function predict(model: tfl.LayersModel, ours: Model): RunTensor[] {
  const inputs = Object.values(samples(ours));
  return [model.predict(inputs.length === 1 ? inputs[0]! : inputs)].flat().map(resultOf);
}

const folders: string[] = [];
afterAll(() => Promise.all(folders.map((made) => rm(made, { recursive: true, force: true }))));

/** A folder that is removed after the tests of a file. */
export async function folder(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), "prune-tfjs-"));
  folders.push(made);
  return made;
}

/** Repeatable weights: those of TensorFlow.js are drawn anew at each run. */
export function fillWeights(model: tfl.LayersModel, seed = 1): tfl.LayersModel {
  let state = seed;
  const next = (): number => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return state / 0x7fffffff - 0.5;
  };
  const filled = model.weights.map((weight) => {
    const shape = weight.shape.map(Number);
    const size = shape.reduce((a, b) => a * b, 1);
    const fanIn = shape.slice(0, -1).reduce((a, b) => a * b, 1);
    const variance = weight.originalName.includes("variance");
    const scale = shape.length > 1 ? Math.sqrt(12 / fanIn) : 0.5;
    const offset = /variance|gamma/.test(weight.originalName) ? 1 : 0;
    return tf.tensor(
      Float32Array.from({ length: size }, () => (variance ? 0.5 + Math.abs(next()) : next() * scale + offset)),
      shape,
    );
  });
  model.setWeights(filled);
  return model;
}
