import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Comparison, FullReport, SensitivityReport, SweepReport } from "@prune/report";
import { Ajv, type AnySchemaObject } from "ajv";
import { beforeAll, describe, expect, test } from "vitest";
import { fixture, json, prune, temporaryFolder } from "./command.ts";
import { convNet, normNet, write } from "./models.ts";
import { run } from "./processes.ts";

const at = temporaryFolder();
const [model, data] = [fixture("fashion_mlp.onnx"), fixture("test10k.npz")];
const schema = json<AnySchemaObject>(fileURLToPath(new URL("../../report/schema.json", import.meta.url)));

/** The published schema lets newer versions say more; what this version says must all be in it. */
function closed(part: unknown): unknown {
  if (Array.isArray(part)) return part.map(closed);
  if (typeof part !== "object" || part === null) return part;
  const own = Object.fromEntries(Object.entries(part).map(([key, value]) => [key, closed(value)]));
  return "properties" in own && !("additionalProperties" in own) ? { ...own, additionalProperties: false } : own;
}
const ajv = new Ajv({ allErrors: true, allowUnionTypes: true });
ajv.addSchema(closed(schema) as AnySchemaObject, "reports");

/** What is wrong with a report, by the definition of its kind. */
function faults(kind: string, report: unknown): unknown {
  const validate = ajv.getSchema(`reports#/definitions/${kind}`)!;
  return validate(report) === true ? [] : validate.errors;
}

async function reported<T>(name: string, ...argv: readonly string[]): Promise<T> {
  const path = at(name);
  expect(await prune(...argv, "--report", path)).toMatchObject({ code: 0, stderr: "" });
  return json<T>(path);
}

beforeAll(async () => {
  await write(convNet(), at("conv.onnx"));
  await write(normNet(), at("norm.onnx"));
});

describe("every JSON report is as the schema says, and all of it is there", () => {
  const half = ["--target", "macs=0.5"];
  const kinds: Record<string, readonly string[]> = {
    "neurons, measured": ["run", model, "-o", at("n.onnx"), ...half, "--eval", data, "--measure"],
    connections: ["run", model, "-o", at("c.onnx"), "--type", "connection", "--sparsity", "0.5"],
    layers: ["run", at("norm.onnx"), "-o", at("l.onnx"), "--type", "layer", "--sparsity", "0.5", "--allow-noop"],
    weights: ["run", model, "-o", at("w.onnx"), "--type", "weight", "--epsilon", "1e-3", "--allow-noop"],
    "width, not proven": ["run", at("norm.onnx"), "-o", at("i.onnx"), "--sparsity", "0.5", "--width"],
    "steps, with recovery": ["run", model, "-o", at("s.onnx"), ...half, "--schedule", "cubic", "--steps", "2", "--calib", data, "--calib-samples", "200", "--recover", "bias,finetune:epochs=1"], // prettier-ignore
  };
  test.each(Object.entries(kinds))("%s", { timeout: 120_000 }, async (name, argv) => {
    const report = await reported<FullReport>(`${name}.json`, ...argv);
    expect(faults("FullReport", report)).toEqual([]);
    expect(report.environment!.command).toEqual([...argv, "--report", at(`${name}.json`)]);
    expect(report.environment!.versions["onnxruntime"]).toMatch(/^\d+\.\d+/);
    expect(report.files.after.gzipBytes).toBeLessThan(report.files.after.bytes);
  });

  test("comparison", async () => {
    await prune("run", at("conv.onnx"), "-o", at("half.onnx"), "--sparsity", "0.5");
    const report = await reported<Comparison>("cmp.json", "compare", at("conv.onnx"), at("half.onnx"));
    expect(faults("Comparison", report)).toEqual([]);
    expect(report.layers.map(({ name, channels }) => [name, ...channels])).toEqual([
      ["first/Conv", 16, 8],
      ["second/Conv", 32, 16],
      ["fc", 4, 4],
    ]);
    expect(report.groups.map(({ size, kept }) => [size, kept])).toEqual([
      [16, 8],
      [32, 16],
    ]);
    for (const { latency } of report.layers) expect(Math.min(...latency!)).toBeGreaterThan(0);
  });

  test("sensitivity", async () => {
    const flags = ["--eval", data, "--samples", "50", "--ratios", "0.5"];
    const report = await reported<SensitivityReport>("sens.json", "sensitivity", model, ...flags);
    expect(faults("SensitivityReport", report)).toEqual([]);
  });

  test("sweep", { timeout: 60_000 }, async () => {
    const config = at("grid.json");
    writeFileSync(config, JSON.stringify({ model, eval: data, measure: true, grid: { sparsity: [0.5], scorer: ["l1", "nothing"] } })); // prettier-ignore
    const { code } = await run("sweep", config, "--report", at("sweep.json"), "--output", at("kept"));
    expect(code).toBe(1);
    const report = json<SweepReport>(at("sweep.json"));
    expect(faults("SweepReport", report)).toEqual([]);
    expect(report.jobs.map(({ state }) => state)).toEqual(["done", "failed"]);
    expect(report.fronts.map(({ against }) => against)).toEqual(["macs", "params", "bytes", "latency"]);
  });

  test("the schema notices what is missing, and what it does not know", () => {
    const report = json<FullReport>(at("connections.json"));
    expect(faults("FullReport", { ...report, layers: undefined })).not.toEqual([]);
    expect(faults("FullReport", { ...report, surprise: 1 })).not.toEqual([]);
  });
});

test("training is told epoch by epoch, importances with the cut, layers with their latency", () => {
  const steps = json<FullReport>(at("steps, with recovery.json"));
  expect(steps.steps).toHaveLength(2);
  const trained = steps.recovery!.filter(({ notes }) => notes?.history);
  expect(trained.map(({ step, notes }) => [step, notes!.history!.length])).toEqual([
    [1, 1],
    [2, 1],
  ]);
  const measured = json<FullReport>(at("neurons, measured.json"));
  for (const { latency } of measured.layers) expect(Math.min(...latency!)).toBeGreaterThan(0);
  expect(
    measured.importance!.map(({ kept, removed }) => [kept, removed].map((n) => n.reduce((a, b) => a + b))),
  ).toEqual(measured.groups.map(({ size, kept }) => [kept, size - kept]));
  const weights = json<FullReport>(at("connections.json")).importance!;
  expect(weights.map(({ kind }) => kind)).toEqual(["weights", "weights", "weights"]);
  for (const { cut, from, to } of weights) expect(cut! > from && cut! < to).toBe(true);
});

test("--report FILE.html writes a page, which prune report makes from the JSON too", async () => {
  await reported<FullReport>("page.json", "run", at("conv.onnx"), "-o", at("p.onnx"), "--sparsity", "0.5");
  expect(await prune("report", at("page.json"), "-o", at("page.html"))).toEqual({ code: 0, stdout: "", stderr: "" });
  const page = readFileSync(at("page.html"), "utf8");
  expect(page).toContain("<h1>conv.onnx</h1>");
  const written = await prune("run", at("conv.onnx"), "-o", at("p.onnx"), "--sparsity", "0.5", "--report", at("own.html")); // prettier-ignore
  expect(written.code).toBe(0);
  // But for the command.
  const rest = (text: string): string => text.slice(0, text.indexOf('<section id="environment"'));
  expect(rest(readFileSync(at("own.html"), "utf8"))).toBe(rest(page));
  for (const [argv, part] of [
    [["report", at("page.json"), "-o", at("page.txt")], "a file that ends in .html"],
    [["report", at("none.json"), "-o", at("x.html")], "cannot be read"],
    [["report", model, "-o", at("x.html")], "it is not JSON"],
    [["compare", model, model, "--report", "r.pdf"], "as .html, to look at, or as .json"],
  ] as const)
    expect((await prune(...argv)).stderr).toContain(part);
});
