import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { relative } from "node:path";
import { gzipSync } from "node:zlib";
import type { Plan } from "@prune/core";
import { beforeAll, describe, expect, test } from "vitest";
import type { FullReport } from "../src/actions/full-report.ts";
import { fixture, json, prune, temporaryFolder } from "./command.ts";
import { convNet, write } from "./models.ts";

const at = temporaryFolder();
const model = at("model.onnx");
const half = ["--target", "macs=0.5"];

beforeAll(() => write(convNet(), model));

describe("prune run", () => {
  test("writes a smaller model, its plan and a report, and says what it did", async () => {
    const [out, plan, report] = [at("half.onnx"), at("half.plan.json"), at("half.report.json")];
    const { code, stdout, stderr } = await prune("run", model, "-o", out, ...half, "--plan", plan, "--report", report);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/^Layer +Operator +Channels +MACs +Parameters$/m);
    expect(stdout).toMatch(/^second\/Conv +Conv +32 → \d+ +\S+ M → \S+ [kM] +4\.61 k → \S+/m);
    expect(stdout).toContain('1 group, reason: feeds graph output "y": fc.weight');
    expect(stdout).toMatch(/^MACs +\S+ M +\S+ M +−[5-7]\d\.\d%$/m);
    expect(stdout).toContain("Verified: equals the original with the removed parts set to zero");

    const { before, after, files, verification, settings } = json<FullReport>(report);
    expect(after.macs / before.macs).toBeLessThanOrEqual(0.5);
    const written = readFileSync(out);
    expect(files.after).toEqual({ path: out, bytes: written.length, gzipBytes: gzipSync(written).length });
    expect(files.before.bytes).toBe(readFileSync(model).length);
    expect(verification).toMatchObject({ exact: true });
    expect(settings).toEqual({ type: "neuron", scorer: "l2", target: { macs: 0.5 }, allocation: "uniform", seed: 0 });
    expect(json<Plan>(plan)).toMatchObject({ format: "prune-plan/1", model: { sha256: files.before.sha256 } });
    expect(readdirSync(at()).filter((name) => name.includes(".tmp"))).toEqual([]);
  });

  test("gives the same bytes every time", async () => {
    for (const name of ["one", "two"])
      await prune("run", model, "-o", at(`${name}.onnx`), ...half, "--plan", at(`${name}.json`));
    expect(readFileSync(at("one.onnx")).equals(readFileSync(at("two.onnx")))).toBe(true);
    expect(readFileSync(at("one.json"), "utf8")).toBe(readFileSync(at("two.json"), "utf8"));
  });

  test("--json prints one document and nothing else, the report", async () => {
    const { code, stdout, stderr } = await prune(
      "run",
      model,
      "-o",
      at("j.onnx"),
      ...half,
      "--report",
      at("j.json"),
      "--json",
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(JSON.parse(stdout)).toEqual(json(at("j.json")));
    expect(stdout.trimEnd()).not.toContain("\n");
  });

  test("--quiet prints nothing", async () => {
    expect(await prune("run", model, "-o", at("q.onnx"), ...half, "--quiet")).toEqual({
      code: 0,
      stdout: "",
      stderr: "",
    });
    expect(existsSync(at("q.onnx"))).toBe(true);
  });

  test("prunes a trained network", async () => {
    const { code, stdout } = await prune(
      "run",
      fixture("fashion_mlp.onnx"),
      "-o",
      at("mlp.onnx"),
      "--target",
      "params=0.4",
      "--json",
    );
    const { before, after } = JSON.parse(stdout) as FullReport;
    expect(code).toBe(0);
    expect(after.params / before.params).toBeLessThanOrEqual(0.4);
  });
});

describe("work that fails: exit code 1, one line, and nothing written", () => {
  test.each<[string, string[], RegExp]>([
    [
      "a target out of reach",
      ["--target", "macs=0.001"],
      /^prune: Target macs=0\.001 cannot be reached; the closest is macs=0\.\d{4}\. Every group is then as small as minChannels, .*--round-to\)\. What is in the way: /,
    ],
    ["nothing to do", ["--sparsity", "0"], /^prune: Nothing was pruned: /],
    ["everything ignored", [...half, "--ignore", "*"], /^prune: Nothing was pruned: no group of channels can shrink/],
    ["data that is missing", [...half, "--eval", "none.npz"], /^prune: none\.npz: cannot be read: /],
    [
      "a provider that is none",
      [...half, "--ep", "warp-drive"],
      /^prune: Execution provider "warp-drive" cannot be used: /,
    ],
  ])("%s", async (_, flags, message) => {
    const out = at("failed.onnx");
    const { code, stdout, stderr } = await prune("run", model, "-o", out, "--plan", at("failed.json"), ...flags);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(message);
    expect(stderr.match(/\n/g)).toHaveLength(1);
    expect([existsSync(out), existsSync(at("failed.json"))]).toEqual([false, false]);
  });

  test("a model that is missing, or no model", async () => {
    expect(await prune("run", at("none.onnx"), "-o", at("x.onnx"), ...half)).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^prune: .*none\.onnx: cannot be read/) as string,
    });
    writeFileSync(at("text.onnx"), "hello, this is not a model");
    expect(await prune("run", at("text.onnx"), "-o", at("x.onnx"), ...half)).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^prune: text\.onnx: /) as string,
    });
  });

  test.each(["--output", "--plan", "--report"])("a folder for %s that is not there", async (flag) => {
    const nowhere = at("nowhere", flag === "--output" ? "x.onnx" : "x.json");
    const rest = flag === "--output" ? [] : ["--output", at("x.onnx")];
    const { code, stderr } = await prune("run", model, ...half, flag, nowhere, ...rest);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringContaining(`${nowhere}: cannot be written: `) as string,
    });
    expect(existsSync(at("x.onnx"))).toBe(false);
  });

  test("a folder in place of the output: nothing of the result is left", async () => {
    mkdirSync(at("taken.onnx"));
    const { code, stderr } = await prune("run", model, "-o", at("taken.onnx"), ...half, "--plan", at("taken.json"));
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringContaining("taken.onnx: cannot be written: ") as string,
    });
    expect(existsSync(at("taken.json"))).toBe(false);
    mkdirSync(at("taken.plan.json"));
    expect((await prune("run", model, "-o", at("free.onnx"), ...half, "--plan", at("taken.plan.json"))).code).toBe(1);
    expect(existsSync(at("free.onnx"))).toBe(false);
  });

  test("a stack is shown only when it is asked for", async () => {
    const failing = ["run", at("none.onnx"), "-o", at("x.onnx"), ...half];
    expect((await prune(...failing)).stderr).not.toContain("    at ");
    process.env["PRUNE_DEBUG"] = "1";
    try {
      const { stderr } = await prune(...failing);
      expect(stderr).toContain("    at ");
      expect(stderr).toContain("Caused by: Error: ENOENT");
    } finally {
      delete process.env["PRUNE_DEBUG"];
    }
  });
});

describe("wrong usage: exit code 2, and a line that says what is wrong", () => {
  test.each<[string, string[], string]>([
    ["no command", [], "Usage: prune"],
    ["an unknown command", ["prone"], "unknown command 'prone'"],
    ["no model", ["run", "-o", "x", ...half], "missing required argument 'model'"],
    ["no output", ["run", model, ...half], "required option '-o, --output <file>' not specified"],
    ["too many arguments", ["run", model, "more", "-o", "x", ...half], "too many arguments"],
    ["no target", ["run", model, "-o", "x"], "Say how much: --target macs=0.5"],
    [
      "two targets",
      ["run", model, "-o", "x", ...half, "--sparsity", "0.5"],
      "cannot be used with option '--target <budget>'",
    ],
    ["a target twice", ["run", model, "-o", "x", ...half, ...half], "--target is given twice."],
    ["a target out of range", ["run", model, "-o", "x", "--target", "macs=1.5"], "above 0 and at most 1"],
    ["a sparsity out of range", ["run", model, "-o", "x", "--sparsity", "1"], "from 0 and below 1"],
    [
      "an unknown type",
      ["run", model, "-o", "x", ...half, "--type", "layers"],
      'There is no type "layers". Known: neuron, ',
    ],
    [
      "an unknown scorer",
      ["run", model, "-o", "x", ...half, "--scorer", "l3"],
      'There is no scorer "l3". Known: l1, l2, absolute, relative, ',
    ],
    [
      "an unknown allocation",
      ["run", model, "-o", "x", ...half, "--allocation", "fair"],
      "one of uniform, global, isomorphic, sensitivity, erk, lamp",
    ],
    [
      "an allocation of another type",
      ["run", model, "-o", "x", ...half, "--allocation", "erk"],
      "--type neuron does not share out by --allocation erk. It knows uniform, global, isomorphic, sensitivity.",
    ],
    [
      "an allocation that needs samples",
      ["run", model, "-o", "x", ...half, "--allocation", "sensitivity"],
      "--allocation sensitivity needs samples: give --calib DATA.",
    ],
    [
      "an unknown reading of heads",
      ["run", model, "-o", "x", ...half, "--heads", "all"],
      "one of whole, dim, both, keep",
    ],
    [
      "a report as PDF",
      ["run", model, "-o", "x", ...half, "--report", "r.pdf"],
      "reports are written as .html, to look at, or as .json",
    ],
    [
      "a plugin that is missing",
      ["run", model, "-o", "x", ...half, "--plugin", "./none.mjs"],
      "Plug-in ./none.mjs cannot be loaded",
    ],
    [
      "a dimension that is none",
      ["run", model, "-o", "x", ...half, "--dim", "M=3"],
      "no dynamic dimension of that name. It has: N, side.",
    ],
    [
      "scaling without data",
      ["run", model, "-o", "x", ...half, "--scale", "1/255"],
      "--scale says how the data of --calib and --eval is read",
    ],
    ["a recovery step that is none", ["run", model, "-o", "x", ...half, "--recover", "magic"], "no recovery step"],
    [
      "a number of samples without any",
      ["run", model, "-o", "x", ...half, "--calib-samples", "9"],
      "give --calib DATA",
    ],
    ["data of another kind", ["run", model, "-o", "x", ...half, "--eval", model], "data is an .npz file"],
    [
      "quiet JSON",
      ["run", model, "-o", "x", ...half, "--json", "--quiet"],
      "option '--json' cannot be used with option '--quiet'",
    ],
    ["--seed -1", ["run", model, "-o", "x", ...half, "--seed", "-1"], "a whole number from 0"],
    ["--min-channels 0", ["run", model, "-o", "x", ...half, "--min-channels", "0"], "a whole number from 1"],
    ["--max-sparsity 1", ["run", model, "-o", "x", ...half, "--max-sparsity", "1"], "a fraction between 0 and 1"],
    ["--round-to some", ["run", model, "-o", "x", ...half, "--round-to", "some"], "a whole number from 1"],
    ["--threads 0", ["run", model, "-o", "x", ...half, "--threads", "0"], "a whole number from 1"],
  ])("%s", async (_, argv, message) => {
    const { code, stdout, stderr } = await prune(...argv);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(message);
  });

  test.each(["--targets", "-x"])("%s, which is not built or unknown, is never ignored", async (flag) => {
    const { code, stdout, stderr } = await prune("run", model, "-o", at("never.onnx"), ...half, flag, "1");
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(`unknown option '${flag}'`);
    expect(existsSync(at("never.onnx"))).toBe(false);
  });

  test("an output that would take the place of an input, or of another output", async () => {
    symlinkSync(model, at("link.onnx"));
    for (const out of [model, relative(process.cwd(), model), at("link.onnx")]) {
      const { code, stderr } = await prune("run", model, "-o", out, ...half);
      expect({ code, stderr }).toEqual({
        code: 2,
        stderr: `prune: MODEL and --output are the same file, ${out}. Give each its own name.\n`,
      });
    }
    const { code } = await prune(
      "run",
      model,
      "-o",
      at("x.onnx"),
      ...half,
      "--plan",
      at("p.json"),
      "--report",
      at("p.json"),
    );
    expect(code).toBe(2);
  });
});

describe("help and version: exit code 0, on stdout", () => {
  test.each([
    ["--help"],
    ["-h"],
    ["help"],
    ["help", "run"],
    ...["inspect", "run", "apply", "verify", "compare"].map((c) => [c, "--help"]),
  ])("%s %s", async (...argv) => {
    const { code, stdout, stderr } = await prune(...argv.filter(Boolean));
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/^Usage: prune/);
  });

  test("--version", async () => {
    expect(await prune("--version")).toEqual({
      code: 0,
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) as string,
      stderr: "",
    });
  });
});
