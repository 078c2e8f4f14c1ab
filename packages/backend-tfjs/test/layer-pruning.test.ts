import { join } from "node:path";
import { type Model, prune, type Scorer, toFloat32 } from "@prune/core";
import { layer } from "@prune/pruner-layer";
import * as tf from "@tensorflow/tfjs-core";
import type * as tfl from "@tensorflow/tfjs-layers";
import { beforeAll, describe, expect, test } from "vitest";
import { fromLayersModel, loadTfjs, loadWasm, saveTfjs } from "../src/node/index.ts";
import { execute, loadLayersModel } from "./genuine.ts";
import { difference, fillWeights, folder, predict, run } from "./prune.ts";
import { human } from "./shipped.ts";
import { convnext, densenet, resnet, transformer } from "./zoo.ts";

// Whole layers and blocks leave a model, whose others then read past them.

beforeAll(async () => {
  await loadWasm();
  await tf.setBackend("wasm");
});

/** |w| of every weight. */
const magnitude: Scorer = {
  name: "magnitude",
  needs: [],
  scoreWeights: ({ tensor }) => toFloat32(tensor).map(Math.abs),
};

async function shorten(model: Model): Promise<{ smaller: Model; path: string; removed: number }> {
  const { model: smaller, report } = await prune(model, {
    pruner: layer(),
    scorer: magnitude,
    target: { sparsity: 0.5 },
  });
  expect(report.after.macs).toBeLessThan(report.before.macs);
  const path = join(await folder(), "model.json");
  await saveTfjs(smaller, path);
  return { smaller, path, removed: model.graph.nodes.length - smaller.graph.nodes.length };
}

describe("LayersModel", () => {
  const nets: Readonly<Record<string, () => tfl.LayersModel>> = { resnet, convnext, transformer, densenet };
  test.each(Object.entries(nets))("%s", async (_, build) => {
    const original = fillWeights(build());
    const { smaller, path, removed } = await shorten(await fromLayersModel(original));
    expect(removed).toBeGreaterThan(0);
    const genuine = await loadLayersModel(path);
    expect(genuine.countParams()).toBeLessThan(original.countParams());
    const ours = await run(smaller);
    predict(genuine, smaller).forEach((theirs, i) => expect(difference(theirs, ours[i]!)).toBeLessThan(1e-4));
    const again = await run(await loadTfjs(path));
    expect(difference(again[0]!, ours[0]!)).toBeLessThan(1e-6);
  });
});

test("GraphModel", async () => {
  const { smaller, path } = await shorten(await loadTfjs(human("facemesh")));
  const ours = await run(smaller);
  (await execute(path, smaller)).forEach((theirs, i) => expect(difference(theirs, ours[i]!)).toBeLessThan(1e-4));
});
