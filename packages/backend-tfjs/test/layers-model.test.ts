import { join } from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { beforeAll, expect, test } from "vitest";
import { fromLayersModel, loadTfjs, loadWasm, toLayersModel } from "../src/node/index.ts";
import { difference, fillWeights, folder, halve, predict, run } from "./prune.ts";
import { vgg } from "./zoo.ts";

beforeAll(async () => {
  await loadWasm();
  await tf.setBackend("wasm");
});

test("vgg", async () => {
  const original = fillWeights(vgg());
  const model = await fromLayersModel(original);
  const [a, b] = [await run(model), predict(original, model)];
  expect(difference(a[0]!, b[0]!)).toBeLessThan(1e-4);
  const { model: smaller, report } = await halve(model);
  console.log(report.before, report.after, report.verification, report.blocked);
  const back = (await toLayersModel(smaller, tfl)) as tfl.LayersModel;
  expect(difference((await run(smaller))[0]!, predict(back, smaller)[0]!)).toBeLessThan(1e-4);
  back.summary();
  void join; void folder; void loadTfjs;
});
