import { join } from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, expect, test } from "vitest";
import { fromLayersModel, loadTfjs, loadWasm, saveTfjs } from "../src/node/index.ts";
import { loadLayersModel } from "./genuine.ts";
import { difference, fillWeights, folder, halve, predict, run } from "./prune.ts";
import { zoo } from "./zoo.ts";

beforeAll(async () => {
  await loadWasm();
  await tf.setBackend("wasm");
});

test.each(Object.entries(zoo))("%s", async (_, build) => {
  const original = fillWeights(build());
  const model = await fromLayersModel(original);
  const ours = await run(model);
  predict(original, model).forEach((theirs, i) => expect(difference(theirs, ours[i]!)).toBeLessThan(1e-4));

  const { model: smaller, report } = await halve(model);
  expect(report.after.macs / report.before.macs).toBeLessThanOrEqual(0.5);
  expect(report.verification).toMatchObject({ exact: true, unproven: [] });

  const path = join(await folder(), "model.json");
  await saveTfjs(smaller, path);
  const pruned = await run(smaller);
  predict(await loadLayersModel(path), smaller).forEach((theirs, i) =>
    expect(difference(theirs, pruned[i]!)).toBeLessThan(1e-4),
  );
  const again = await run(await loadTfjs(path));
  again.forEach((value, i) => expect(difference(value, pruned[i]!)).toBe(0));
});
