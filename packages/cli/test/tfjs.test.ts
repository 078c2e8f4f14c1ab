import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { loadOnnx } from "@prune/backend-onnx/node";
import { fromLayersModel, loadTfjs, loadWasm, saveTfjs } from "@prune/backend-tfjs/node";
import type { Plan } from "@prune/core";
import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { beforeAll, expect, test } from "vitest";
import type { Comparison } from "../src/actions/compare.ts";
import type { FullReport } from "../src/actions/full-report.ts";
import type { Inspection } from "../src/actions/inspect.ts";
import { json, prune, temporaryFolder } from "./command.ts";
import { convNet, write } from "./models.ts";
import { bytesOf, npy, npz } from "./npy.ts";

const at = temporaryFolder();
const model = at("model.json");
const half = ["--target", "macs=0.5"];

beforeAll(async () => {
  await loadWasm();
  await tf.setBackend("wasm");
  const net = tfl.sequential();
  const conv = { kernelSize: 3, activation: "relu" } as const;
  net.add(tfl.layers.conv2d({ ...conv, filters: 16, inputShape: [16, 16, 3], name: "first" }));
  net.add(tfl.layers.conv2d({ ...conv, filters: 32, name: "second" }));
  net.add(tfl.layers.globalAveragePooling2d({ name: "pool" }));
  net.add(tfl.layers.dense({ units: 4, name: "classes" }));
  await saveTfjs(await fromLayersModel(net), model);
});

test("run writes a smaller model.json with its weights, in a folder of its own", async () => {
  mkdirSync(at("smaller"));
  const [out, plan, report] = [at("smaller/model.json"), at("plan.json"), at("report.json")];
  const { code, stderr } = await prune(
    "run",
    model,
    "-o",
    out,
    ...half,
    "--plan",
    plan,
    "--report",
    report,
    "--measure",
  );
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const { before, after, files, verification, latency } = json<FullReport>(report);
  expect(after.macs / before.macs).toBeLessThanOrEqual(0.5);
  expect(verification).toMatchObject({ exact: true });
  expect(latency).toMatchObject({ provider: "wasm", threads: 1 });
  const sizeOf = (folder: string, names: string[]): number => names.reduce((sum, name) => sum + readFileSync(`${folder}/${name}`).length, 0); // prettier-ignore
  // Names of shards, which say what is in them, are not in the size that is foreseen.
  const written = sizeOf(at("smaller"), readdirSync(at("smaller")));
  expect(Math.abs(files.after.bytes - written)).toBeLessThan(40);
  expect(json<Plan>(plan).model.sha256).toBe(files.before.sha256);

  expect(await prune("verify", model, out, plan)).toMatchObject({ code: 0 });
  mkdirSync(at("replayed"));
  expect(await prune("apply", model, plan, "-o", at("replayed/model.json"))).toMatchObject({ code: 0 });
  expect(readFileSync(at("replayed/model.json"))).toEqual(readFileSync(out));

  const compared = await prune("compare", model, out, "--json");
  const { costs } = JSON.parse(compared.stdout) as Comparison;
  expect(costs.map((cost) => cost.macs)).toEqual([before.macs, after.macs]);
});

test("inspect names layers as the model does", async () => {
  const { stdout } = await prune("inspect", model, "--json");
  const { layers } = JSON.parse(stdout) as Inspection;
  expect(layers.map((layer) => layer.name)).toEqual(["first", "second", "classes"]);
});

test("a TensorFlow.js model becomes an ONNX model", async () => {
  const out = at("half.onnx");
  expect(await prune("run", model, "-o", out, ...half, "--quiet")).toEqual({ code: 0, stdout: "", stderr: "" });
  const feeds = { first_input: { dtype: "float32", dims: [1, 16, 16, 3], data: Float32Array.from({ length: 768 }, (_, i) => Math.cos(i)) } } as const; // prettier-ignore
  mkdirSync(at("same"));
  await prune("run", model, "-o", at("same/model.json"), ...half, "--quiet");
  const results: Float32Array[] = [];
  for (const one of [await loadOnnx(out), await loadTfjs(at("same/model.json"))]) {
    const session = await one.runtime.open(one.graph);
    results.push((await session.run(feeds))["classes"]!.data as Float32Array);
    await session.release();
  }
  results[0]!.forEach((v, i) => expect(Math.abs(v - results[1]![i]!)).toBeLessThan(1e-5));
});

/** Calibration samples for the model, with labels. */
function samples(count: number): string {
  const path = at(`samples${count}.npz`);
  const data = Float32Array.from({ length: count * 768 }, (_, i) => Math.sin(0.37 * i) + ((i * 7) % 11) / 10);
  const labels = Uint8Array.from({ length: count }, (_, i) => i % 4);
  writeFileSync(path, npz({ first_input: npy("<f4", [count, 16, 16, 3], bytesOf(data)), labels: npy("|u1", [count], labels) })); // prettier-ignore
  return path;
}

test("scorers that need gradients take them through ONNX Runtime", async () => {
  const [out, report] = [at("taylor.json"), at("taylor-report.json")];
  const by = ["--scorer", "taylor", "--calib", samples(24), "--recover", "bn,reconstruct"];
  expect(await prune("run", model, "-o", out, ...half, ...by, "--report", report, "--quiet")).toEqual({ code: 0, stdout: "", stderr: "" }); // prettier-ignore
  const { before, after, verification } = json<FullReport>(report);
  expect(after.macs / before.macs).toBeLessThanOrEqual(0.5);
  expect(verification).toMatchObject({ exact: true });
});

test.each(["onnx", "tfjs"])("finetune by engine %s", async (engine) => {
  const [out, report] = [at(`${engine}.json`), at(`${engine}-report.json`)];
  const by = ["--calib", samples(96), "--recover", `finetune:engine=${engine},batchSize=16,lr=0.01`, "--epochs", "2"];
  expect(await prune("run", model, "-o", out, ...half, ...by, "--report", report, "--quiet")).toEqual({ code: 0, stdout: "", stderr: "" }); // prettier-ignore
  const [step] = json<FullReport>(report).recovery!;
  expect(step).toMatchObject({ samples: 96, notes: { epochs: 2 } });
  const { loss } = step!.notes!.heldOut!;
  expect(loss.after).toBeLessThanOrEqual(loss.before);
});

test("what cannot work is said before any work is done", async () => {
  await write(convNet(), at("model.onnx"));
  const usage = async (...argv: string[]): Promise<string> => {
    const { code, stderr } = await prune(...argv);
    expect(code).toBe(2);
    return stderr;
  };
  expect(await usage("run", at("model.onnx"), "-o", at("out.json"), ...half)).toContain("a TensorFlow.js model becomes a .json or an .onnx file, an ONNX model an .onnx file"); // prettier-ignore
  expect(await usage("run", model, "-o", at("out"), ...half)).toContain("cannot be written as");
  expect(await usage("run", model, "-o", at("out.json"), ...half, "--threads", "4")).toContain("TensorFlow.js runs on one thread in Node"); // prettier-ignore
  expect(await usage("run", model, "-o", at("out.json"), ...half, "--ep", "cuda,cpu")).toContain("names one TensorFlow.js backend"); // prettier-ignore
  expect(await usage("run", model, "-o", at("out.json"), ...half, "--calib", samples(96), "--recover", "finetune:engine=tfjs,patience=2")).toContain("patience"); // prettier-ignore
  expect(await usage("run", model, "-o", at("out.json"), ...half, "--external-data")).toContain("--external-data stores weights of ONNX models"); // prettier-ignore
  expect(await usage("run", at("model.onnx"), "-o", at("out.onnx"), ...half, "--keep-quantization")).toContain("is no TensorFlow.js model"); // prettier-ignore
});

test("a file that is no model", async () => {
  writeFileSync(at("broken.json"), "{}");
  const { code, stderr } = await prune("inspect", at("broken.json"));
  expect(code).toBe(1);
  expect(stderr).toContain('broken.json: expected a TensorFlow.js model.json, but it has no "modelTopology"');
});
