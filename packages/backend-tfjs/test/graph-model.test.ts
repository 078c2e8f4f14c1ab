import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import * as tfc from "@tensorflow/tfjs-converter";
import { type Model, sampleInputs } from "@prune/core";
import { beforeAll, expect, test } from "vitest";
import { loadTfjs, loadWasm, saveTfjs } from "../src/node/index.ts";
import { handlerFor } from "./genuine.ts";
import { difference, folder, halve, run } from "./prune.ts";
import type { RunTensor } from "@prune/core";

beforeAll(async () => {
  await loadWasm();
  await tf.setBackend("wasm");
});

const require = createRequire(import.meta.url);
const within = (name: string, path: string): string => join(dirname(require.resolve(`${name}/package.json`)), path);

const models: Readonly<Record<string, string>> = {
  "basic-pitch": within("@spotify/basic-pitch", "model/model.json"),
  ...Object.fromEntries(
    "antispoof blazeface emotion facemesh faceres handlandmark-lite iris liveness movenet-lightning centernet"
      .split(" ")
      .map((name) => [name, join(dirname(require.resolve("@vladmandic/human")), "..", "models", `${name}.json`)]),
  ),
};

export async function genuine(path: string, { graph }: Model): Promise<RunTensor[]> {
  const model = await tfc.loadGraphModel(await handlerFor(path));
  const feeds = sampleInputs(graph);
  const inputs = Object.fromEntries(
    graph.inputs.map(({ name }) => {
      const { data, dims, dtype } = feeds[name]!;
      return [name, tf.tensor(data as Float32Array, [...dims], dtype === "int32" ? "int32" : "float32")];
    }),
  );
  const made = [
    await model.executeAsync(
      inputs,
      graph.outputs.map((v) => v.name),
    ),
  ].flat();
  return made.map((tensor) => ({ dtype: "float32", dims: tensor.shape, data: tensor.dataSync() as Float32Array }));
}

test.each(Object.entries(models))(
  "%s",
  async (name, path) => {
    const model = await loadTfjs(path);
    const foreign = model.graph.nodes.filter((n) => n.domain);
    console.log(
      name,
      model.graph.nodes.length,
      foreign.map((n) => n.opType),
    );
    const ours = await run(model);
    const theirs = await genuine(path, model);
    theirs.forEach((value, i) => expect(difference(value, ours[i]!)).toBeLessThan(1e-4));
    const { model: smaller, report } = await halve(model);
    console.log(name, report.after.macs / report.before.macs, report.verification);
    const target = join(await folder(), "model.json");
    await saveTfjs(smaller, target);
    const pruned = await run(smaller);
    (await genuine(target, smaller)).forEach((value, i) => expect(difference(value, pruned[i]!)).toBeLessThan(1e-4));
  },
  120_000,
);
