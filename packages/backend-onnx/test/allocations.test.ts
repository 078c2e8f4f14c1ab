import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import {
  analyzeModel,
  divergenceOf,
  evidenceOf,
  leastImportant,
  scoringWith,
  prune,
  toFloat32,
  type Allocation,
  type DataSource,
  type Model,
  type Pruner,
  type Scorer,
  allocate,
} from "@prune/core";
import { beforeAll, expect, test } from "vitest";
import { loadOnnx } from "../src/node/index.ts";

const path = fileURLToPath(new URL("../../../fixtures/fashion-mnist/fashion_mlp.onnx", import.meta.url));
const magnitude: Scorer = {
  name: "magnitude",
  needs: [],
  scoreWeights: ({ tensor }) => toFloat32(tensor).map(Math.abs),
};
const pruner = (allocation: Allocation): Pruner => ({
  name: "test",
  decide: async (context) => ({ removed: await allocate(context, allocation, { roundTo: 1 }) }),
});

let model: Model;
beforeAll(async () => {
  expect((await readFile(path)).length).toBeGreaterThan(0);
  model = await loadOnnx(path);
});

/** Images of noise: enough to see outputs move. */
const calibration: DataSource = {
  count: 32,
  batchSize: 16,
  batch: (from, to) => ({
    image: {
      dtype: "float32",
      dims: [to - from, 1, 28, 28],
      data: Float32Array.from({ length: (to - from) * 784 }, (_, i) => Math.abs(Math.sin(i + from * 784))),
    },
  }),
};

const keptBy = async (allocation: Allocation): Promise<number[]> => {
  const options = { pruner: pruner(allocation), scorer: magnitude, target: { macs: 0.5 }, calibration };
  const { plan, report } = await prune(model, options);
  expect(report.after.macs / report.before.macs).toBeLessThanOrEqual(0.5);
  expect(report.after.macs / report.before.macs).toBeGreaterThan(0.49);
  return plan.groups.map((g) => g.kept / g.size);
};

test("by sensitivity, the group that moves the outputs more keeps more; by class, each competes with its own kind", async () => {
  const [uniform, sensitive, isomorphic] = [
    await keptBy("uniform"),
    await keptBy("sensitivity"),
    await keptBy("isomorphic"),
  ];
  expect(Math.abs(uniform[0]! - uniform[1]!)).toBeLessThan(0.02);
  // What either group lost moves the outputs about equally far, which is not so where both lose the same part.
  const unevenness = async (kept: readonly number[]): Promise<number> => {
    const analysis = await analyzeModel(model);
    const distance = divergenceOf(analysis, model.runtime, calibration);
    const groups = analysis.groups.filter((g) => !g.blocked);
    const scoring = scoringWith(magnitude, { analysis, seed: 0, evidence: evidenceOf({}) });
    const [a, b] = await Promise.all(
      groups.map(async (g, i) =>
        distance(new Map([[g, leastImportant(await scoring.group(g), Math.round(g.size * (1 - kept[i]!)))]])),
      ),
    );
    return Math.abs(Math.log(a! / b!));
  };
  expect(await unevenness(sensitive)).toBeLessThan(0.3);
  expect(await unevenness(uniform)).toBeGreaterThan(0.5);
  // Both groups are rows of one Gemm and columns of the next: one class, as if all competed.
  expect(isomorphic).toEqual(await keptBy("global"));
});

test("sensitivity without samples is an error that says so", async () => {
  const options = { pruner: pruner("sensitivity"), scorer: magnitude, target: { macs: 0.5 } };
  await expect(prune(model, options)).rejects.toMatchObject({
    code: "bad-option",
    message: "Allocation sensitivity needs samples: give calibration data (calibration, --calib).",
  });
});

// Times of so small a network are noise when the machine is busy.
test(
  "a target of latency is measured, and met by the network that is returned; or said to be out of reach",
  { retry: 3 },
  async () => {
    const options = { pruner: pruner("uniform"), scorer: magnitude, target: { latency: 0.9 } };
    const { report } = await prune(model, options);
    expect(report.after.macs).toBeLessThan(report.before.macs);
    await expect(prune(model, { ...options, target: { latency: 0.001 } })).rejects.toMatchObject({
      code: "target-unreachable",
    });
  },
);
