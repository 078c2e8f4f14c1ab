import { readFileSync, writeFileSync } from "node:fs";
import { loadOnnx } from "@prune/backend-onnx/node";
import { float32Tensor, type Plan, toFloat32 } from "@prune/core";
import { beforeAll, describe, expect, test } from "vitest";
import type { Comparison } from "../src/actions/compare.ts";
import type { FullReport } from "../src/actions/full-report.ts";
import type { Inspection } from "../src/actions/inspect.ts";
import type { SensitivityReport } from "../src/actions/sensitivity.ts";
import { fixture, json, prune, temporaryFolder } from "./command.ts";
import { attention, convNet, normNet, write } from "./models.ts";
import { bytesOf, npy, npz } from "./npy.ts";

const at = temporaryFolder();
const [model, half, plan] = [at("model.onnx"), at("half.onnx"), at("plan.json")];

beforeAll(async () => {
  await write(convNet(), model);
  await write(normNet(), at("norm.onnx"));
  await write(attention(), at("attention.onnx"));
  expect((await prune("run", model, "-o", half, "--sparsity", "0.5", "--plan", plan)).code).toBe(0);
});

describe("prune inspect", () => {
  const inspect = async (name: string, ...flags: string[]): Promise<Inspection> => {
    const { code, stdout, stderr } = await prune("inspect", at(name), "--json", ...flags);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    return JSON.parse(stdout) as Inspection;
  };

  test("shows layers with their groups, what they are cut with, and what is in the way", async () => {
    const { code, stdout, stderr } = await prune("inspect", model);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const lines = stdout.split("\n").map((line) => line.trimEnd());
    expect(lines).toContain("first/Conv   Conv            16  1.77 M         432  1");
    expect(lines).toContain('fc           Gemm             4     128         128  whole: feeds graph output "y"');
    expect(lines).toContain("    1  16 channels  first/Conv   second/Conv");
    expect(lines).toContain("    2  32 channels  second/Conv  fc");
    expect(stdout).toContain('feeds graph output "y": fc.weight');
    expect(stdout).toMatch(/: 3 layers, 20\.6 M MACs, 5\.17 k parameters, \S+ kB; 2 groups can be cut, \d cannot\.\n/);
  });

  test("lists what can be removed whole", async () => {
    await write(normNet(), at("norm.onnx"));
    expect((await inspect("norm.onnx")).blocks).toEqual([
      { name: "up", kind: "residual", layers: ["up", "down"], macs: 2 * 16 * 32, params: 2 * 16 * 32 },
    ]);
    const { stdout } = await prune("inspect", at("norm.onnx"));
    expect(stdout).toMatch(/\nup +residual +1\.02 k +1\.02 k +up, down\n/);
    expect(stdout).toMatch(/; 1 block can be removed whole\.\n$/);
    expect((await inspect("model.onnx")).blocks).toEqual([]);
  });

  test("--json is the whole analysis", async () => {
    const { format, totals, layers, groups, inputs, outputs, file } = await inspect("model.onnx");
    expect({ format, inputs, outputs }).toEqual({
      format: "prune-inspection/1",
      inputs: [{ name: "x", dtype: "float32", dims: ["N", 3, "side", "side"] }],
      outputs: [{ name: "y", dtype: "float32", dims: ["N", 4] }],
    });
    expect(file.bytes).toBe(readFileSync(model).length);
    expect(totals).toMatchObject({ macs: 64 * 64 * (16 * 27 + 32 * 16 * 9) + 4 * 32, params: 432 + 4608 + 128 });
    expect(layers[1]).toEqual({
      name: "second/Conv",
      opType: "Conv",
      channels: 32,
      macs: 64 * 64 * 32 * 16 * 9,
      params: 4608,
      outputGroups: ["b.weight"],
      inputGroups: ["a.weight"],
    });
    expect(groups.find((g) => g.id === "a.weight")).toEqual({
      id: "a.weight",
      kind: "channels",
      size: 16,
      width: 1,
      exact: true,
      outputsOf: ["first/Conv"],
      inputsOf: ["second/Conv"],
    });
    expect(groups.find((g) => g.id === "fc.weight")?.blocked).toEqual({ reason: 'feeds graph output "y"' });
  });

  test("work of operators without weights is counted too", async () => {
    const { totals, layers } = await inspect("attention.onnx");
    expect(totals.macs - layers.reduce((n, l) => n + l.macs, 0)).toBe(2 * 16 * 16 * 32);
    expect((await prune("inspect", at("attention.onnx"))).stdout).toMatch(/^ +other +16\.4 k$/m);
  });

  test("--width, --heads, --ignore, --dim and --plugin change what it shows", async () => {
    const free = ({ groups }: Inspection): string[] => groups.filter((g) => !g.blocked).map((g) => g.id);
    expect(free(await inspect("norm.onnx"))).toEqual(["up"]);
    expect(free(await inspect("norm.onnx", "--width")).sort()).toEqual(["in", "up"]);
    expect(free(await inspect("attention.onnx", "--heads", "keep"))).toEqual([]);
    expect(free(await inspect("model.onnx", "--ignore", "second/*"))).toEqual(["a.weight"]);
    expect((await inspect("model.onnx", "--dim", "side=8")).totals.macs).toBe(8 * 8 * (16 * 27 + 32 * 16 * 9) + 4 * 32);
    writeFileSync(
      at("macs.mjs"),
      `export const plugin = { name: "macs", contract: 1, operators: [{ type: "Relu", since: 14, macs: ({ out }) => out[0].reduce((a, b) => a * b, 1) }] };`,
    );
    const more =
      (await inspect("model.onnx", "--plugin", at("macs.mjs"))).totals.macs - (await inspect("model.onnx")).totals.macs;
    expect(more).toBe(64 * 64 * (16 + 32));
  });

  test("says at what sizes MACs are counted, where the model leaves them open", async () => {
    const last = async (...argv: string[]): Promise<string> =>
      (await prune("inspect", ...argv)).stdout.trimEnd().split("\n").at(-1)!;
    expect(await last(model)).toBe("MACs are counted at x [1, 3, 64, 64]; --dim NAME=N states other sizes.");
    expect(await last(model, "--dim", "side=8")).toContain("at x [1, 3, 8, 8];");
    expect(await last(fixture("fashion_mlp.onnx"))).toMatch(/groups can be cut, /);
  });

  test("--quiet checks the file and prints nothing", async () => {
    expect(await prune("inspect", model, "--quiet")).toEqual({ code: 0, stdout: "", stderr: "" });
    expect((await prune("inspect", at("none.onnx"), "--quiet")).code).toBe(1);
  });
});

describe("prune apply", () => {
  test("replays a plan to the same bytes", async () => {
    const { code, stdout } = await prune(
      "apply",
      model,
      plan,
      "-o",
      at("replayed.onnx"),
      "--report",
      at("r.json"),
      "--json",
    );
    expect(code).toBe(0);
    expect(readFileSync(at("replayed.onnx")).equals(readFileSync(half))).toBe(true);
    expect(JSON.parse(stdout)).toEqual(json(at("r.json")));
    expect((JSON.parse(stdout) as FullReport).verification?.exact).toBe(true);
    expect((await prune("apply", model, plan, "-o", at("replayed.onnx"))).stdout).toContain(
      "first/Conv   Conv      16 → 8 ",
    );
  });

  test("--no-verify leaves verification out; --quiet prints nothing", async () => {
    expect(
      JSON.parse((await prune("apply", model, plan, "-o", at("n.onnx"), "--no-verify", "--json")).stdout),
    ).not.toHaveProperty("verification");
    expect(await prune("apply", model, plan, "-o", at("n.onnx"), "--quiet")).toEqual({
      code: 0,
      stdout: "",
      stderr: "",
    });
  });

  test("a plan for another file is refused, unless forced", async () => {
    const other = convNet();
    await write({ ...other, name: "other" }, at("other.onnx"));
    const { code, stderr } = await prune("apply", at("other.onnx"), plan, "-o", at("f.onnx"));
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(/^prune: The plan was made for another file .*--force/) as string,
    });
    expect((await prune("apply", at("other.onnx"), plan, "-o", at("f.onnx"), "--force")).code).toBe(0);
  });

  test("a plan that is none, is missing or does not fit is refused", async () => {
    writeFileSync(at("bad.json"), "{");
    expect((await prune("apply", model, at("bad.json"), "-o", at("x.onnx"))).stderr).toMatch(
      /bad\.json: The plan is not JSON: /,
    );
    expect((await prune("apply", model, at("none.json"), "-o", at("x.onnx"))).stderr).toMatch(
      /none\.json: cannot be read: ENOENT/,
    );
    const half = json<Plan>(plan);
    writeFileSync(at("torn.json"), JSON.stringify({ ...half, axes: half.axes.slice(1) }));
    expect(await prune("apply", model, at("torn.json"), "-o", at("x.onnx"))).toMatchObject({ code: 1, stdout: "" });
  });

  test("the output takes the place of nothing it needs", async () => {
    expect((await prune("apply", model, plan, "-o", plan)).code).toBe(2);
    expect((await prune("apply", model, plan, "-o", model)).code).toBe(2);
    expect((await prune("apply", model, plan, "-o", at("x.onnx"), "--report", at("x.txt"))).code).toBe(2);
  });
});

describe("prune verify", () => {
  test("prints the figures of the masked equivalence", async () => {
    const { code, stdout } = await prune("verify", model, half, plan);
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^Verified: equals the original .* largest difference \S+, and \S+ in \d layers taken one by one\.\n$/,
    );
    const figures = JSON.parse((await prune("verify", model, half, plan, "--json")).stdout) as Record<string, unknown>;
    expect(figures).toMatchObject({ format: "prune-verification/1", exact: true });
    expect(figures["maskedError"]).toBeLessThan(1e-4);
    expect(await prune("verify", model, half, plan, "--quiet")).toEqual({ code: 0, stdout: "", stderr: "" });
  });

  test("fails when one weight of the pruned file is another, and when the file is damaged", async () => {
    const { graph } = await loadOnnx(half);
    const weight = graph.parameters.get("b.weight")!;
    const values = toFloat32(weight).slice();
    values[5]! += 1;
    const changed = float32Tensor("b.weight", values, weight.dims);
    await write({ ...graph, parameters: new Map(graph.parameters).set("b.weight", changed) }, at("tampered.onnx"));
    const { code, stdout, stderr } = await prune("verify", model, at("tampered.onnx"), plan);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(/^prune: The pruned model does not compute what .* differ.*It was made from another model/);
    expect(stderr).not.toContain("defect");
    const bytes = readFileSync(half);
    writeFileSync(at("cut.onnx"), bytes.subarray(0, 500));
    expect((await prune("verify", model, at("cut.onnx"), plan)).code).toBe(1);
  });

  test("fails for the original itself, and for another plan", async () => {
    expect(await prune("verify", model, model, plan)).toEqual({
      code: 1,
      stdout: "",
      stderr: expect.stringMatching(/^prune: The pruned model was not made by this plan: "\S+" is \[.*\] in it, and of size 8 along axis 0 by the plan\. Give the file/) as string, // prettier-ignore
    });
    const mlp = fixture("fashion_mlp.onnx");
    expect((await prune("verify", model, mlp, plan)).stderr).toContain("the list of its inputs is ");
    await prune(
      "run",
      model,
      "-o",
      at("third.onnx"),
      "--sparsity",
      "0.3",
      "--round-to",
      "1",
      "--plan",
      at("third.json"),
    );
    expect((await prune("verify", model, half, at("third.json"))).code).toBe(1);
  });

  test("--tolerance and --force are heeded", async () => {
    await write({ ...convNet(), name: "other" }, at("twin.onnx"));
    expect((await prune("verify", at("twin.onnx"), half, plan)).code).toBe(1);
    expect((await prune("verify", at("twin.onnx"), half, plan, "--force")).code).toBe(0);
    const mlp = fixture("fashion_mlp.onnx");
    await prune("run", mlp, "-o", at("mlp.onnx"), "--sparsity", "0.5", "--plan", at("mlp.json"));
    expect((await prune("verify", mlp, at("mlp.onnx"), at("mlp.json"))).code).toBe(0);
    expect((await prune("verify", mlp, at("mlp.onnx"), at("mlp.json"), "--tolerance", "1e-12")).code).toBe(1);
    expect((await prune("verify", mlp, at("mlp.onnx"), at("mlp.json"), "--tolerance", "0")).code).toBe(2);
  });
});

describe("prune compare", () => {
  test("puts two models side by side", async () => {
    const { code, stdout, stderr } = await prune("compare", model, half, "--threads", "1", "--dim", "side=16");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(
      /^ +model\.onnx +half\.onnx +Change\nMACs .*\nParameters .*\nFile .*\nLatency \(cpu, 1 thread\) .*\n$/,
    );
  });

  test("--json holds everything, with --eval accuracy and agreement too", async () => {
    const x = npy("<f4", [5, 3, 8, 8], bytesOf(Float32Array.from({ length: 960 }, (_, i) => Math.cos(i))));
    writeFileSync(at("d.npz"), npz({ x, labels: npy("|u1", [5], new Uint8Array(5)) }));
    const { stdout } = await prune(
      "compare",
      model,
      model,
      "--eval",
      at("d.npz"),
      "--scale",
      "2",
      "--ep",
      "cpu",
      "--json",
      "--dim",
      "side=8",
    );
    const { files, costs, latency, evaluation } = JSON.parse(stdout) as Comparison;
    expect(files[0]).toEqual(files[1]);
    expect(costs[0].params).toBe(432 + 4608 + 128);
    expect(latency).toMatchObject({ provider: "cpu", models: [{}, {}] });
    expect(evaluation).toMatchObject({ samples: 5, agreement: 1, scaling: { scale: 2 } });
    expect(evaluation?.accuracy?.[0]).toBe(evaluation?.accuracy?.[1]);
  });

  test("--quiet prints nothing; scaling without data is refused", async () => {
    expect(await prune("compare", model, half, "--quiet", "--dim", "side=8")).toEqual({
      code: 0,
      stdout: "",
      stderr: "",
    });
    expect((await prune("compare", model, half, "--mean", "1")).code).toBe(2);
  });
});

describe("prune sensitivity", () => {
  const data = at("images.npz");
  beforeAll(() => {
    const image = Float32Array.from({ length: 6 * 3 * 64 }, (_, i) => Math.sin(i * 1.7));
    writeFileSync(data, npz({ x: npy("<f4", [6, 3, 8, 8], bytesOf(image)) }));
  });

  test("measures each group by itself, least important units first", async () => {
    const report = at("curves.json");
    const { code, stdout, stderr } = await prune(
      ...["sensitivity", model, "--eval", data, "--ratios", "0.5,0.9", "--json", "--report", report],
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const found = JSON.parse(stdout) as SensitivityReport;
    expect(found).toMatchObject({ format: "prune-sensitivity/1", metric: "agreement", samples: 6, baseline: 1 });
    expect(found.groups.map((g) => [g.group, g.points.map((p) => p.removed)])).toEqual([
      ["a.weight", [8, 14]],
      ["b.weight", [16, 29]],
    ]);
    for (const { points } of found.groups) for (const { value } of points) expect(value >= 0 && value <= 1).toBe(true);
    expect(json(report)).toEqual(found);
  });

  test("plots the curves", async () => {
    const { code, stdout } = await prune("sensitivity", model, "--eval", data, "--ratios", "0.5", "--samples", "4");
    expect(code).toBe(0);
    expect(stdout).toMatch(/a\.weight +16 channels +█[▁▂▃▄▅▆▇█] +−50%: \d+\.\d%/);
    expect(stdout).toContain("Whole: 100.00% agreement on 4 samples.");
  });

  test.each([
    [["--ratios", "0.5"], "give --eval DATA"],
    [["--eval", data, "--ratios", "1"], "a fraction between 0 and 1"],
    [["--eval", data, "--scorer", "none"], 'There is no scorer "none"'],
  ])("refuses %j", async (flags, message) => {
    const { code, stderr } = await prune("sensitivity", model, ...flags);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });
});
