import { readdirSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { loadOnnx, saveOnnx } from "@prune/backend-onnx/node";
import { prune, type DataSource, type Model, type PruneOptions } from "@prune/core";
import { connection } from "@prune/pruner-connection";
import { neuron } from "@prune/pruner-neuron";
import { weight } from "@prune/pruner-weight";
import { wanda } from "@prune/scorer-activation";
import { obs } from "@prune/scorer-hessian";
import { absolute, l2 } from "@prune/scorer-magnitude";
import { describe, expect, test } from "vitest";
import { loadData } from "../src/lib/data-set.ts";
import { fixture, temporaryFolder } from "./command.ts";

// A model whose weights stay in their file, and which runs a layer at a time, comes out as it does when it is in memory.

const at = temporaryFolder();

interface Twice {
  readonly whole: Model;
  readonly parted: Model;
  /** One sample at a time, as large models take them. */
  readonly calibration: DataSource;
}

async function twice(name: string): Promise<Twice> {
  const path = at(name);
  await saveOnnx(await loadOnnx(fixture(name)), path, { externalData: true });
  const [whole, parted] = await Promise.all([loadOnnx(path), loadOnnx(path, { memory: 20_000 })]);
  const samples = await loadData(fixture("train10k.npz"), whole.graph.inputs, {}, 32);
  return { whole, parted, calibration: { ...samples, count: 32, batchSize: 1 } };
}

/** Prunes both models, and compares what was decided. @returns what is written of each: the model, and its weights */
async function pruned({ whole, parted }: Twice, options: () => PruneOptions): Promise<Buffer[][]> {
  const [a, b] = [await prune(whole, options()), await prune(parted, options())];
  expect(JSON.parse(JSON.stringify(b.plan))).toEqual(JSON.parse(JSON.stringify(a.plan)));
  expect(b.report.importance).toEqual(a.report.importance);
  expect(b.report.verification).toMatchObject({ exact: true, layers: a.report.verification!.layers });
  const files: Buffer[][] = [];
  for (const { model } of [a, b]) {
    const path = at("out.onnx");
    await saveOnnx(model, path, { externalData: true });
    const data = readdirSync(dirname(path)).filter((name) => /^out-[0-9a-f]+\.data$/.test(name));
    files.push([path, ...data.map((name) => at(name))].map((file) => readFileSync(file)));
    expect(data).toHaveLength(1);
  }
  return files;
}

describe("a transformer", () => {
  const vit = twice("fashion_vit.onnx");

  test("is run in parts where it is not in memory", async () => {
    const { whole, parted } = await vit;
    const inParts = async ({ runtime, graph }: Model): Promise<boolean> =>
      (await runtime.open(graph)).over !== undefined;
    expect([await inParts(whole), await inParts(parted)]).toEqual([false, true]);
  });

  test.each<[string, (data: DataSource) => PruneOptions]>([
    ["neurons by l2", () => ({ pruner: neuron(), scorer: l2(), target: { macs: 0.6 } })],
    ["connections by magnitude", () => ({ pruner: connection(), scorer: absolute(), target: { sparsity: 0.5 } })],
    ["weights that are small", () => ({ pruner: weight({ percentile: 30 }) })],
    ["neurons by Wanda", (calibration) => ({ pruner: neuron(), scorer: wanda(), target: { macs: 0.6 }, calibration })],
  ])(
    "%s: the same plan, and the same bytes",
    async (_, options) => {
      const models = await vit;
      const [a, b] = await pruned(models, () => options(models.calibration));
      expect(b!.map((file, i) => file.equals(a![i]!))).toEqual([true, true]);
    },
    60_000,
  );
});

test("connections of an MLP by OBS: the same plan, and values that differ by rounding alone", async () => {
  const models = await twice("fashion_mlp.onnx");
  const scorer = obs({ select: 1, refine: 1 });
  const { calibration } = models;
  const files = await pruned(models, () => ({ pruner: connection(), scorer, target: { sparsity: 0.5 }, calibration }));
  const [a, b] = files.map(([, data]) => new Float32Array(new Uint8Array(data!).buffer));
  expect(b!.length).toBe(a!.length);
  expect(b!.reduce((most, w, i) => Math.max(most, Math.abs(w - a![i]!)), 0)).toBeLessThan(1e-4);
}, 120_000);
