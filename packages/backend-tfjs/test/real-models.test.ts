import { join } from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, expect, test } from "vitest";
import { loadTfjs, loadWasm, saveTfjs } from "../src/node/index.ts";
import { execute, loadLayersModel } from "./genuine.ts";
import { difference, folder, halve, predict, run } from "./prune.ts";
import { human, shipped } from "./shipped.ts";

// Models that npm packages ship, at half their MACs, with no configuration.

const models: Readonly<Record<string, string>> = {
  "basic-pitch": shipped("@spotify/basic-pitch/model/model.json"),
  ...Object.fromEntries(["emotion", "facemesh", "liveness", "movenet-lightning"].map((name) => [name, human(name)])), // prettier-ignore
};

beforeAll(async () => {
  await loadWasm();
  await tf.setBackend("wasm");
});

test.each(Object.entries(models))(
  "%s",
  async (_, path) => {
    const model = await loadTfjs(path);
    const ours = await run(model);
    (await execute(path, model)).forEach((theirs, i) => expect(difference(theirs, ours[i]!)).toBeLessThan(1e-4));
    const { model: smaller, report } = await halve(model);
    expect(report.after.macs / report.before.macs).toBeLessThanOrEqual(0.5);
    expect(report.verification).toMatchObject({ exact: true, unproven: [] });
    const target = join(await folder(), "model.json");
    await saveTfjs(smaller, target);
    const pruned = await run(smaller);
    (await execute(target, smaller)).forEach((theirs, i) => expect(difference(theirs, pruned[i]!)).toBeLessThan(1e-4));
  },
  120_000,
);

test("esrgan-slim", async () => {
  const path = shipped("@upscalerjs/esrgan-slim/models/x2/model.json");
  const model = await loadTfjs(path);
  const ours = await run(model);
  predict(await loadLayersModel(path), model).forEach((theirs, i) =>
    expect(difference(theirs, ours[i]!)).toBeLessThan(1e-4),
  );
  const { model: smaller, report } = await halve(model);
  expect(report.after.macs / report.before.macs).toBeLessThanOrEqual(0.5);
  const target = join(await folder(), "model.json");
  await saveTfjs(smaller, target);
  const pruned = await run(smaller);
  predict(await loadLayersModel(target), smaller).forEach((theirs, i) =>
    expect(difference(theirs, pruned[i]!)).toBeLessThan(1e-4),
  );
}, 60_000);
