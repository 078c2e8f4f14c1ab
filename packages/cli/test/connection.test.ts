import { statSync } from "node:fs";
import { loadOnnx } from "@prune/backend-onnx/node";
import { toFloat32, type Plan } from "@prune/core";
import { describe, expect, test } from "vitest";
import type { FullReport } from "../src/actions/full-report.ts";
import { fixture, json, prune, temporaryFolder } from "./command.ts";

const at = temporaryFolder();
const mlp = fixture("fashion_mlp.onnx");
const obs = ["--type", "connection", "--scorer", "obs", "--calib", fixture("train10k.npz"), "--recover", "none"];

async function report(...argv: string[]): Promise<FullReport> {
  const { code, stdout, stderr } = await prune("run", mlp, ...argv, "--json");
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return JSON.parse(stdout) as FullReport;
}

test("2:4 by OBS: two zeros in every four neighbours, and at most a point of accuracy lost", async () => {
  const out = at("two-of-four.onnx");
  const { evaluation, zeros, remarks, verification } = await report("-o", out, ...obs, "--pattern", "2:4", "--eval", fixture("test10k.npz")); // prettier-ignore
  const [before, after] = evaluation!.accuracy!;
  expect(before - after).toBeLessThanOrEqual(0.01);
  expect(zeros).toEqual([0, 133_100]);
  expect(verification).toMatchObject({ exact: true });
  expect(remarks!.at(-1)).toMatch("the result is not faster");
  const { graph } = await loadOnnx(out);
  const weights = toFloat32(graph.parameters.get("1.weight")!); // [300, 784]: neighbours lie side by side
  for (let i = 0; i < weights.length; i += 4) {
    const group = weights.subarray(i, i + 4);
    if (group.filter((w) => w === 0).length !== 2) throw new Error(`weights ${i} to ${i + 3} are ${group.join()}`);
  }
}, 120_000);

describe("stored sparse", () => {
  const [out, plan, again] = [at("sparse.onnx"), at("sparse.json"), at("again.onnx")];

  test("the file is smaller, as the report says; the plan holds masks alone and replays", async () => {
    const { files } = await report("-o", out, ...obs, "--sparsity", "0.9", "--allocation", "erk", "--sparse-storage", "--plan", plan); // prettier-ignore
    expect(files.after.bytes).toBe(statSync(out).size);
    expect(files.after.bytes / files.before.bytes).toBeLessThan(0.35);
    const { masks, values } = json<Plan>(plan);
    expect(masks.map((m) => m.tensor)).toEqual(["1.weight", "3.weight"]); // ERK leaves the last layer whole
    expect(values).toEqual([]);
    expect(await prune("apply", mlp, plan, "-o", again, "--sparse-storage", "--quiet")).toMatchObject({ code: 0 });
    expect(statSync(again).size).toBe(statSync(out).size);
    expect(await prune("verify", mlp, again, plan)).toMatchObject({ code: 0 });
  }, 120_000);

  test("what was updated is not the masked original, and verify says so", async () => {
    expect(await prune("verify", mlp, out, plan)).toMatchObject({ code: 1 });
  });
});

test("ignored layers stay dense", async () => {
  const out = at("ignored.onnx");
  await report("-o", out, "--type", "connection", "--scorer", "obs:update=false", "--calib", fixture("train10k.npz"), "--sparsity", "0.5", "--ignore", "1.weight", "--recover", "none"); // prettier-ignore
  const { graph } = await loadOnnx(out);
  const zeros = (name: string): number => toFloat32(graph.parameters.get(name)!).filter((w) => w === 0).length;
  expect([zeros("1.weight"), zeros("3.weight"), zeros("5.weight")]).toEqual([0, 15_000, 500]);
}, 60_000);

describe("flags that do not go together are wrong usage", () => {
  test.each([
    [
      [...obs, "--pattern", "2:4", "--sparsity", "0.7"],
      "Option target must be sparsity 0.5, which pattern 2:4 has by itself",
    ],
    [[...obs, "--pattern", "2:4", "--allocation", "erk"], "Option allocation must be left out"],
    [[...obs, "--pattern", "4:2"], "Option pattern must be unstructured, N:M"],
    [[...obs, "--pattern", "4x1"], "Say how much"],
    [[...obs, "--target", "macs=0.5"], "Option target must be sparsity or params for connections"],
    [[...obs, "--sparsity", "0.5", "--round-to", "8"], "--type connection does not go by --round-to."],
    [[...obs, "--sparsity", "0.5", "--aggregate", "max"], "--type connection does not go by --aggregate."],
    [["--sparsity", "0.5", "--pattern", "2:4"], "--type neuron does not go by --pattern."],
    [
      ["--sparsity", "0.5", "--allocation", "lamp"],
      "--type neuron does not share out by --allocation lamp. It knows uniform, global, isomorphic, sensitivity.",
    ],
    [
      ["--type", "connection", "--sparsity", "0.5", "--scorer", "obs"],
      'Scorer "obs" needs hessian: give --calib DATA.',
    ],
    [
      [...obs.slice(0, 2), "--scorer", "obs:damping=-1", ...obs.slice(4), "--sparsity", "0.5"],
      'Option "damping" of "obs" must be a number from 0, got -1.',
    ],
  ])("%j", async (argv, message) => {
    const { code, stderr } = await prune("run", mlp, "-o", at("none.onnx"), ...argv);
    expect(stderr).toContain(message);
    expect(code).toBe(2);
  });
});
