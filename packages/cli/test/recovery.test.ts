import { writeFileSync } from "node:fs";
import type { Plan } from "@prune/core";
import { beforeAll, describe, expect, test } from "vitest";
import type { FullReport } from "../src/actions/full-report.ts";
import { fixture, json, prune, temporaryFolder } from "./command.ts";
import { main } from "../src/main.ts";
import { writeLastImages } from "./images.ts";
import { npy } from "./npy.ts";

const at = temporaryFolder();
const images = at("images.npz");

// Images that are none of those that are calibrated with.
beforeAll(() => writeLastImages(1000, images));

async function pruned(model: string, samples: number, ...flags: string[]): Promise<FullReport> {
  const { code, stdout, stderr } = await prune(
    ...["run", fixture(model), "-o", at("out.onnx"), "--target", "macs=0.5", "--round-to", "1", "--json"],
    ...["--calib", fixture("train10k.npz"), "--calib-samples", String(samples), "--eval", images, ...flags],
  );
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return JSON.parse(stdout) as FullReport;
}

const accuracyOf = ({ evaluation }: FullReport): number => evaluation!.accuracy![1];

describe("a trained network that lost half of its multiply-accumulates", { timeout: 180_000 }, () => {
  test("ResNet: gets nearly everything back from 100 images without labels, by default", async () => {
    const report = await pruned("fashion_resnet.onnx", 100);
    expect(report.settings).toMatchObject({ recover: "bn,reconstruct" });
    expect(report.recovery).toMatchObject([
      { name: "bn", samples: 100, notes: { layers: 21 } },
      { name: "reconstruct", samples: 100, notes: { layers: 22 } },
    ]);
    expect(report.verification).toMatchObject({ exact: true });
    const dense = report.evaluation!.accuracy![0];
    expect(accuracyOf(report)).toBeGreaterThan(dense - 0.05);
    expect(accuracyOf(await pruned("fashion_resnet.onnx", 100, "--recover", "none"))).toBeLessThan(dense - 0.3);
  });

  test.each([
    ["fashion_mlp.onnx", "bias"],
    ["fashion_mlp.onnx", "reconstruct:ridge=1e-2"],
    ["fashion_lstm.onnx", "reconstruct"],
  ])("%s: comes closer by %s", async (model, recover) => {
    const { notes } = (await pruned(model, 200, "--recover", recover)).recovery![0]!;
    expect(notes!.outputError!.after).toBeLessThan(0.8 * notes!.outputError!.before);
  });
});

test("MLP: trained on all samples, statistics gathered from some", { timeout: 120_000 }, async () => {
  const labelled = ["--calib", images, "--calib-samples", "100", "--eval", fixture("test10k.npz"), "--threads", "1"];
  const run = async (...flags: string[]): Promise<FullReport> => {
    const out = ["run", fixture("fashion_mlp.onnx"), "-o", at("out.onnx"), "--target", "macs=0.3", "--json"];
    const { code, stdout, stderr } = await prune(...out, ...labelled, ...flags);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    return JSON.parse(stdout) as FullReport;
  };
  const cut = await run("--recover", "none");
  const report = await run("--recover", "reconstruct,finetune:lr=1e-4,distill", "--epochs", "1", "--lr", "1e-3");
  expect(report.settings).toMatchObject({ epochs: 1, lr: 1e-3 });
  expect(report.recovery).toMatchObject([
    { name: "reconstruct", samples: 100 },
    { name: "finetune", samples: 1000, notes: { epochs: 1, heldOut: { samples: 100, metric: { name: "accuracy" } } } },
    { name: "distill", samples: 1000, notes: { epochs: 1, bestEpoch: 1, heldOut: { metric: { name: "agreement" } } } },
  ]);
  const { before, after } = report.recovery![2]!.notes!.heldOut!.loss;
  expect(after).toBeLessThan(before);
  expect(accuracyOf(report)).toBeGreaterThan(accuracyOf(cut));
});

test("MLP: pruned in steps, recovered after each", { timeout: 120_000 }, async () => {
  const [out, plan] = [at("steps.onnx"), at("steps.json")];
  const flags = ["--calib", images, "--calib-samples", "200", "--round-to", "1", "--schedule", "cubic", "--steps", "2"];
  const first = ["run", fixture("fashion_mlp.onnx"), "-o", out, "--target", "params=0.4", "--plan", plan];
  const { code, stdout, stderr } = await prune(...first, ...flags, "--recover", "reconstruct", "--json");
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const report = JSON.parse(stdout) as FullReport;
  expect(report.after.params / report.before.params).toBeLessThanOrEqual(0.4);
  expect(report.settings).toMatchObject({ schedule: "cubic", steps: 2 });
  expect(report.recovery!.map(({ name }) => name)).toEqual([1, 2].map((i) => `reconstruct, step ${i} of 2`));
  expect(json<Plan>(plan).recovered).toEqual(["reconstruct"]);
  const replayed = await prune("apply", fixture("fashion_mlp.onnx"), plan, "-o", at("replayed.onnx"));
  expect(replayed.stdout).toContain(
    "\nThis is the network right after the cut: a plan does not hold the weights that reconstruct gave it then.\n",
  );
  expect((await prune("verify", fixture("fashion_mlp.onnx"), at("replayed.onnx"), plan)).code).toBe(0);
  const recovered = await prune("verify", fixture("fashion_mlp.onnx"), out, plan);
  expect(recovered).toMatchObject({ code: 1, stdout: "" });
  expect(recovered.stderr).toMatch(
    / After the cut, reconstruct gave its weights new values, which a plan does not hold: /,
  );
  expect(recovered.stderr).not.toContain("defect");
});

test.each([
  [["--schedule", "cubic"], "--schedule cubic has steps: give --steps N."],
  [
    ["--steps", "3"],
    "--steps is for --schedule linear, cubic, exponential or lottery; give one of them, or leave --steps out.",
  ],
])("%o is refused", async (flags, message) => {
  const { code, stderr } = await prune("run", fixture("fashion_mlp.onnx"), "-o", at("x.onnx"), "--target", "macs=0.5", ...flags); // prettier-ignore
  expect({ code, stderr }).toEqual({ code: 2, stderr: `prune: ${message}\n` });
});

test("what training did is printed", { timeout: 60_000 }, async () => {
  const { stdout } = await prune(
    ...["run", fixture("fashion_mlp.onnx"), "-o", at("out.onnx"), "--target", "macs=0.5"],
    ...["--calib", images, "--recover", "distill", "--epochs", "1", "--threads", "1"],
  );
  expect(stdout).toMatch(
    /^Recovered by distill on 1000 samples; on 100 samples held out: agreement \S+% → \S+%, loss \S+ → \S+\.$/m,
  );
});

test("on a terminal, training says how far it is", { timeout: 60_000 }, async () => {
  let shown = "";
  const terminal = { isTTY: true, columns: 200, rows: 20, write: (text: string) => void (shown += text) };
  const argv = [
    ...["run", fixture("fashion_mlp.onnx"), "-o", at("out.onnx"), "--target", "macs=0.5", "--calib", images],
    ...["--recover", "finetune", "--epochs", "1", "--threads", "1"],
  ];
  expect(await main(argv, { stdout: { write: () => undefined }, stderr: terminal })).toBe(0);
  expect(shown).toMatch(/finetune: epoch 1 of 1, loss \S+, accuracy \d+\.\d%, \S+ steps\/s, \d+ s left \(\d+ %\) …/);
});

test("training flags without training, and labels that are not there, are refused", async () => {
  const calib = ["--calib", fixture("train10k.npz")];
  const run = (...flags: string[]) =>
    prune("run", fixture("fashion_mlp.onnx"), "-o", at("x.onnx"), "--target", "macs=0.5", ...flags);
  for (const flag of ["--epochs", "--lr"]) {
    const message = `${flag} is for recovery that trains: give --recover with finetune or distill, or leave ${flag} out.`;
    expect(await run(...calib, flag, "3")).toMatchObject({ code: 2, stderr: `prune: ${message}\n` });
  }
  const unlabelled = at("unlabelled.npy");
  writeFileSync(unlabelled, npy("|u1", [4, 1, 28, 28], new Uint8Array(4 * 784)));
  expect(await run("--calib", unlabelled, "--recover", "finetune")).toMatchObject({
    code: 1,
    stderr:
      'prune: Recovery step "finetune" needs labels, which its data does not have: give data with labels, or distill, which needs none.\n',
  });
});

test("what recovery did is printed", { timeout: 60_000 }, async () => {
  const { stdout } = await prune(
    ...["run", fixture("fashion_mlp.onnx"), "-o", at("out.onnx"), "--target", "macs=0.5"],
    ...["--calib", fixture("train10k.npz"), "--calib-samples", "100"],
  );
  expect(stdout).toContain("Recovered by bn on 100 samples: 0 layers.");
  expect(stdout).toContain("  The network has no BatchNormalization; where it had, it was folded into the layers.");
  expect(stdout).toMatch(
    /^Recovered by reconstruct on 100 samples: 3 layers; outputs differ from the original's by \S+% → \S+% of their squares\.$/m,
  );
});

test.each([
  ["reconstruct:ridge=0", 'Option "ridge" of "reconstruct" must be a number above 0, got 0.'],
  ["reconstruct:memory=-1", 'Option "memory" of "reconstruct" must be a whole number from 0, got -1.'],
  ["finetune:teacher=1", 'Option "teacher" of "finetune" must be a number from 0 and below 1, got 1.'],
  ["bias:ridge=1", '"bias" has no option "ridge". It takes no options.'],
  ["finetune:epochs=1.5", 'Option "epochs" of "finetune" must be a whole number from 1, got 1.5.'],
  ["distill:loss=l1", 'Option "loss" of "distill" must be one of kl, mse, got l1.'],
])("--recover %s is refused", async (recover, message) => {
  const calib = ["--calib", fixture("train10k.npz")];
  const { code, stderr } = await prune(
    ...["run", fixture("fashion_mlp.onnx"), "-o", at("x.onnx"), "--target", "macs=0.5", ...calib],
    ...["--recover", recover],
  );
  expect({ code, stderr }).toEqual({ code: 2, stderr: `prune: ${message}\n` });
});
