import { prune, type Scorer } from "@prune/core";
import { neuron } from "@prune/pruner-neuron";
import { absolute, l1, l2, relative } from "@prune/scorer-magnitude";
import { random } from "@prune/scorer-random";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, expect, test } from "vitest";
import { fromLayersModel, loadWasm } from "../src/node/index.ts";
import { fillWeights } from "./prune.ts";
import { mobilenet } from "./zoo.ts";

// What decides knows nothing of formats.

beforeAll(async () => {
  await loadWasm();
  await tf.setBackend("wasm");
});

const scorers: Readonly<Record<string, Scorer>> = { absolute: absolute(), l1: l1(), l2: l2(), relative: relative(), random: random() }; // prettier-ignore

test.each(Object.entries(scorers))("%s, uniform and global", async (_, scorer) => {
  const model = await fromLayersModel(fillWeights(mobilenet()));
  for (const allocation of ["uniform", "global"] as const) {
    const { report } = await prune(model, { pruner: neuron({ allocation }), scorer, target: { params: 0.5 } });
    expect(report.after.params / report.before.params).toBeLessThanOrEqual(0.5);
    expect(report.verification).toMatchObject({ exact: true });
  }
});

test("evidence is gathered in the graph, on TensorFlow.js", async () => {
  const model = await fromLayersModel(fillWeights(mobilenet()));
  const [input] = model.graph.inputs;
  const samples = 6;
  const size = 32 * 32 * 3;
  const seen: string[] = [];
  const scorer: Scorer = {
    name: "seen",
    needs: ["activations"],
    score: (group, { evidence }) => {
      seen.push(group.id);
      expect(evidence.get("activations")).toBeDefined();
      return Float32Array.from({ length: group.size }, (_, i) => i);
    },
  };
  const { report } = await prune(model, {
    pruner: neuron(),
    scorer,
    target: { macs: 0.5 },
    calibration: {
      count: samples,
      batchSize: 2,
      batch: (from: number, to: number) => ({
        [input!.name]: { dtype: "float32", dims: [to - from, 32, 32, 3], data: Float32Array.from({ length: (to - from) * size }, (_, i) => Math.sin(from * size + i)) }, // prettier-ignore
      }),
    },
  });
  expect(seen.length).toBeGreaterThan(3);
  expect(report.verification).toMatchObject({ exact: true });
});
