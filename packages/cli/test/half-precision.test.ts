import { writeFileSync } from "node:fs";
import { type DType, floatTensor, type Graph, halfBits, toFloat32 } from "@prune/core";
import { beforeAll, describe, expect, test } from "vitest";
import type { FullReport } from "../src/actions/full-report.ts";
import { prune, temporaryFolder } from "./command.ts";
import { convNet, write } from "./models.ts";
import { bytesOf, npy, npz } from "./npy.ts";

// Networks whose inputs, weights and outputs are all of half precision, as converters make them.

const at = temporaryFolder();
const [single, half, data] = [at("single.onnx"), at("half.onnx"), at("data.npz")];
const COUNT = 40;

const inHalf = (graph: Graph): Graph => {
  const retyped = <T extends { readonly dtype: DType }>(value: T): T => ({ ...value, dtype: "float16" });
  const parameters = [...graph.parameters].map(([name, t]) => [name, floatTensor(name, "float16", toFloat32(t), t.dims)] as const); // prettier-ignore
  return {
    ...graph,
    inputs: graph.inputs.map(retyped),
    outputs: graph.outputs.map(retyped),
    parameters: new Map(parameters),
  };
};

beforeAll(async () => {
  const graph = convNet(["N", 3, 8, 8]);
  await write(graph, single);
  await write(inHalf(graph), half);
  const pixels = Float32Array.from({ length: COUNT * 3 * 8 * 8 }, (_, i) => Math.sin(i * i));
  const labels = Uint8Array.from({ length: COUNT }, (_, i) => i % 4);
  const arrays = { labels: npy("|u1", [COUNT], labels) };
  writeFileSync(data, npz({ x: npy("<f4", [COUNT, 3, 8, 8], bytesOf(pixels)), ...arrays }));
  const bits = new Uint8Array(Uint16Array.from(pixels, halfBits).buffer);
  writeFileSync(at("half.npz"), npz({ x: npy("<f2", [COUNT, 3, 8, 8], bits), ...arrays }));
});

async function reportOf(...argv: string[]): Promise<FullReport> {
  const { code, stdout, stderr } = await prune(...argv, "--threads", "1", "--json");
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return JSON.parse(stdout) as FullReport;
}

const run = (...flags: string[]): Promise<FullReport> =>
  reportOf("run", half, "-o", at("out.onnx"), "--target", "macs=0.5", ...flags);

describe("what --eval measures is what it is in single precision", () => {
  test("accuracy and agreement", async () => {
    const { evaluation } = await reportOf("compare", single, half, "--eval", data);
    const [whole, rounded] = evaluation!.accuracy!;
    expect(whole).toBeGreaterThan(0);
    // Of 40 classes, rounding may change one.
    expect(Math.abs(whole - rounded)).toBeLessThanOrEqual(1 / COUNT);
    expect(evaluation!.agreement).toBeGreaterThanOrEqual(1 - 1 / COUNT);
  });

  test("divergence", async () => {
    const flags = ["--metric", "divergence", "--eval", data];
    const { evaluation } = await reportOf("compare", single, half, ...flags);
    const { after: apart } = evaluation!.metric!;
    expect(apart).toBeGreaterThan(0);
    expect(apart).toBeLessThan(1e-5);
  });
});

test.each([
  ["--scorer", "obs"],
  ["--scorer", "taylor"],
  ["--allocation", "sensitivity"],
])(
  // prettier-ignore
  "%s %s is recovered on samples",
  async (...flags) => {
    const { recovery } = await run(...flags, "--calib", data);
    const { layers, outputError } = recovery!.at(-1)!.notes!;
    expect(layers).toBe(3);
    expect(outputError!.after).toBeLessThan(0.5 * outputError!.before);
  },
);

test("samples may be of either precision", async () => {
  const [a, b] = [
    await run("--scorer", "wanda", "--calib", data),
    await run("--scorer", "wanda", "--calib", at("half.npz")),
  ];
  expect(b.layers).toEqual(a.layers);
});

test("is trained in single precision, and written in half", async () => {
  const { recovery, files } = await run("--recover", "finetune", "--epochs", "1", "--calib", data);
  const { before, after } = recovery![0]!.notes!.heldOut!.loss;
  expect(after).toBeLessThanOrEqual(before);
  expect(files.after.bytes).toBeLessThan(files.before.bytes);
});
