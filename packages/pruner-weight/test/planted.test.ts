import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { loadOnnxBytes, onnxModel, onnxruntimeNode, ortRuntime } from "@prune/backend-onnx/node";
import { type Analysis, analyzeModel, type ChannelGroup, type Model, prune, sampleInputs } from "@prune/core";
import { sampleNetworks } from "@prune/core/testing";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { weight } from "../src/weight.ts";
import { networks } from "./networks.ts";
import { plant, type Planted } from "./planted.ts";

const runtime = ortRuntime(onnxruntimeNode);
const small = Object.fromEntries([
  ...sampleNetworks().map(({ name, network, outputs }) => [name, network.graph(...outputs)] as const),
  ...Object.entries(networks),
]);

/** Some units of every group that is cut exactly, but not all of one. */
function choose(analysis: Analysis, seed: number): Planted {
  let state = seed;
  const next = (): number => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
  const exact = analysis.groups.filter((g) => !g.blocked && g.exact);
  return new Map(
    exact.map((group): [ChannelGroup, Uint8Array] => {
      const units = Uint8Array.from({ length: group.size }, () => (next() < 0.3 ? 1 : 0));
      units[Math.floor(next() * group.size)] = 0;
      return [group, units];
    }),
  );
}

async function outputsOf(model: Model): Promise<Map<string, Float32Array>> {
  const session = await model.runtime.open(model.graph);
  const results = await session.run(sampleInputs(model.graph));
  await session.release();
  return new Map(Object.entries(results).map(([name, { data }]) => [name, Float32Array.from(data as Float32Array)]));
}

/** Plants dead units in a model, prunes it, and checks that they, and nothing else, have left without a trace. */
async function check(model: Model, seed: number): Promise<void> {
  const analysis = await analyzeModel(model);
  const dead = choose(analysis, seed);
  const planted = plant(model, analysis, dead);
  const { model: pruned, plan, report } = await prune(planted, { pruner: weight(), allowNoop: true });
  const kept = (units: Uint8Array): number => units.filter((x) => !x).length;
  const expected = [...dead].filter(([, units]) => units.includes(1));
  expect(Object.fromEntries(plan.groups.map((g) => [g.id, g.kept]))).toEqual(
    Object.fromEntries(expected.map(([g, units]) => [g.id, kept(units)])),
  );
  if (!expected.length) return;
  expect(report.verification).toMatchObject({ exact: true, lossless: true });
  expect(report.after.params).toBeLessThan(report.before.params);
  const [before, after] = [await outputsOf(planted), await outputsOf(pruned)];
  for (const [name, a] of before) {
    const largest = a.reduce((m, x) => Math.max(m, Math.abs(x)), 1e-6);
    const worst = after.get(name)!.reduce((m, y, i) => Math.max(m, Math.abs(a[i]! - y)), 0);
    expect(worst / largest).toBeLessThanOrEqual(1e-5);
  }
}

describe("planted dead units are removed, all of them and no others, and the outputs stay", () => {
  test.each(Object.entries(small))("%s", async (_, graph) => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), (seed) => check(onnxModel(graph, { runtime }), seed)),
      { numRuns: 8 },
    );
  });
});

const zoo = [process.env["PRUNE_ZOO"] ?? "", fileURLToPath(new URL("../../../../shared/zoo", import.meta.url))].find(
  (folder) => folder && existsSync(join(folder, "materialize.mjs")),
);

describe.skipIf(zoo === undefined)("so they are in whole architectures", async () => {
  if (zoo === undefined) return;
  const { materialize } = (await import(pathToFileURL(join(zoo, "materialize.mjs")).href)) as {
    materialize: (skeleton: Buffer) => Buffer;
  };
  // The two largest, of hundreds of megabytes, take as long as all others together: with PRUNE_SLOW=1.
  const slow = process.env["PRUNE_SLOW"] === "1" ? [] : ["vgg11_bn.onnx", "vit_b_16.onnx"];
  const files = readdirSync(join(zoo, "skeleton")).filter((name) => name.endsWith(".onnx") && !slow.includes(name));
  test.each(files)("%s", { timeout: 600_000 }, async (name) => {
    const bytes = materialize(readFileSync(join(zoo, "skeleton", name)));
    await fc.assert(
      fc.asyncProperty(fc.nat(), (seed) => check(loadOnnxBytes(bytes, { ort: onnxruntimeNode, source: name }), seed)),
      { numRuns: 2 },
    );
  });
});
