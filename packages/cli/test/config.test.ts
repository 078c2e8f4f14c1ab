import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { defineConfig } from "../src/config.ts";
import type { Evaluation } from "../src/actions/evaluate.ts";
import type { FullReport } from "../src/actions/full-report.ts";
import { BIN, json, prune, temporaryFolder } from "./command.ts";
import { convNet, write } from "./models.ts";

const at = temporaryFolder();
let count = 0;

/** Writes a configuration under a name of its own, since a module is loaded once, and returns the flags that name it. */
function config(text: string, ending = "mjs"): string[] {
  const path = at(`config${count++}.${ending}`);
  writeFileSync(path, text);
  return ["--config", path];
}

const base = (): string[] => ["run", at("model.onnx"), "-o", at("out.onnx"), "--quiet", "--report", at("report.json")];

async function settings(...flags: string[]): Promise<Readonly<Record<string, unknown>>> {
  const { code, stderr } = await prune(...base(), ...flags);
  expect([code, stderr]).toEqual([0, ""]);
  return json<FullReport>(at("report.json")).settings as unknown as Readonly<Record<string, unknown>>;
}

beforeAll(async () => {
  await write(convNet(["N", 3, 8, 8]), at("model.onnx"));
});

afterEach(() => {
  vi.restoreAllMocks();
});

describe("a configuration", () => {
  test("gives flags their values, and the command line wins", async () => {
    const flags = config(`export default { sparsity: 0.5, scorer: "l1", allocation: "global", seed: 3 };`);
    expect(await settings(...flags)).toMatchObject({
      target: { sparsity: 0.5 },
      scorer: "l1",
      allocation: "global",
      seed: 3,
    });
    expect(await settings(...flags, "--scorer", "l2", "--seed", "4")).toMatchObject({
      scorer: "l2",
      allocation: "global",
      seed: 4,
    });
    expect(await settings(...flags, "--target", "macs=0.6")).toMatchObject({ target: { macs: 0.6 }, scorer: "l1" });
    const twice = await prune(...base(), ...flags, "--seed", "3", "--seed", "4");
    expect([twice.code, twice.stderr]).toEqual([2, expect.stringContaining("--seed is given twice")]);
  });

  test("has objects for names and numbers, lists for what is repeated or listed, and false for --no-…", async () => {
    const flags = config(
      `export default { target: { macs: 0.6 }, ignore: ["second/*", "nothing"], dim: { N: 2 }, output: ${JSON.stringify(at("by-config.onnx"))}, verify: false };`,
    );
    const { code, stdout, stderr } = await prune("run", at("model.onnx"), ...flags, "--json");
    expect([code, stderr]).toEqual([0, "prune: --ignore nothing matches no layer, weight or cache.\n"]);
    const report = JSON.parse(stdout) as FullReport;
    expect(report.files.after.path).toBe(at("by-config.onnx"));
    expect(report).not.toHaveProperty("verification");
    const narrower = ({ layers }: FullReport) => layers.filter((l) => l.channels[1] < l.channels[0]).map((l) => l.name);
    expect(narrower(report)).toEqual(["first/Conv"]);
    const replaced = await prune("run", at("model.onnx"), ...flags, "--json", "--ignore", "first/*");
    expect([replaced.code, replaced.stderr]).toEqual([0, ""]);
    expect(narrower(JSON.parse(replaced.stdout) as FullReport)).toEqual(["second/Conv"]);
  });

  test("serves every command with what it has", async () => {
    const flags = config(`export default { sparsity: 0.5, width: true, ignore: ["first/*"], json: true };`);
    const { code, stdout, stderr } = await prune("inspect", at("model.onnx"), ...flags);
    expect([code, stderr, (JSON.parse(stdout) as { format: string }).format]).toEqual([
      0,
      "",
      expect.stringContaining("prune-"),
    ]);
    const quiet = await prune("inspect", at("model.onnx"), ...flags, "--quiet");
    expect([quiet.code, quiet.stdout, quiet.stderr]).toEqual([0, "", ""]);
  });

  test("holds plug-ins, as they are and by name", async () => {
    writeFileSync(
      at("reverse.mjs"),
      `export const plugin = { name: "reverse", contract: 1, scorers: { reverse: { summary: "r", make: () => ({ name: "reverse", needs: [], score: ({ size }) => Float32Array.from({ length: size }, (_, i) => -i) }) } } };`,
    );
    const inline = `{ name: "inline", contract: 1, scorers: { inline: { summary: "i", make: () => ({ name: "inline", needs: [], score: ({ size }) => new Float32Array(size) }) } } }`;
    const flags = config(
      `export default { sparsity: 0.5, plugin: [${JSON.stringify(at("reverse.mjs"))}, ${inline}], scorer: "inline" };`,
    );
    expect(await settings(...flags)).toMatchObject({ scorer: "inline" });
    expect(await settings(...flags, "--scorer", "reverse")).toMatchObject({ scorer: "reverse" });
  });

  test.each([
    ["evaluate", `evaluate: () => { throw new RangeError("too far"); }`],
    ["eval", `eval: async () => { throw new RangeError("too far"); }`],
  ])("is told what its own %s() throws, with the stack", async (key, entry) => {
    const flags = config(`export default { sparsity: 0.5, roundTo: 1, ${entry} };`);
    const { code, stderr } = await prune("run", at("model.onnx"), "-o", at("out.onnx"), ...flags);
    const [line, what, where] = stderr.split("\n");
    expect([code, line, what]).toEqual([1, `prune: ${key}() of configuration ${flags[1]!} failed: RangeError: too far. This is no defect of prune: tell its author.`, "RangeError: too far"]); // prettier-ignore
    expect(where).toContain(flags[1]);
  });

  test("evaluates in its own terms, with data or without", async () => {
    const evaluate = `({ graph }, data) => graph.parameters.get("a.weight").dims[0] + (data ? data.count : 0)`;
    const flags = config(`export default { sparsity: 0.5, roundTo: 1, evaluate: ${evaluate} };`);
    await settings(...flags);
    const evaluation = (): Evaluation | undefined => json<FullReport>(at("report.json")).evaluation;
    expect(evaluation()).toEqual({ metric: { name: "evaluate", before: 16, after: 8 } });
    const data = `() => ({ x: { dtype: "float32", dims: [5, 3, 8, 8], data: new Float32Array(5 * 192).fill(1) } })`;
    const withData = config(`export default { sparsity: 0.5, roundTo: 1, eval: ${data}, evaluate: ${evaluate} };`);
    await settings(...withData);
    expect(evaluation()).toMatchObject({ samples: 5, metric: { before: 21, after: 13 } });
    const curves = await prune("sensitivity", at("model.onnx"), ...flags, "--ratios", "0.5");
    expect(curves.stdout).toContain("Whole: 16 evaluate.\n");
  });

  test("yields samples itself, which are scaled and checked as any others", async () => {
    const data = (n: number, side: number) =>
      `() => ({ x: { dtype: "uint8", dims: [${n}, 3, ${side}, ${side}], data: new Uint8Array(${n * 3 * side * side}).fill(255) }, labels: { dtype: "int32", dims: [${n}], data: new Int32Array(${n}) } })`;
    const flags = config(
      `export default { sparsity: 0.5, calib: ${data(6, 8)}, eval: ${data(4, 8)}, scorer: "wanda", recover: "none" };`,
    );
    expect(await settings(...flags)).toMatchObject({
      scorer: "wanda",
      calib: expect.stringMatching(/^calib\(\) of config\d+\.mjs$/) as string,
    });
    const { evaluation } = json<FullReport>(at("report.json"));
    expect(evaluation).toMatchObject({
      samples: 4,
      scaling: { scale: 1 / 255 },
      data: expect.stringMatching(/^eval\(\) of/) as string,
    });
    expect(evaluation?.accuracy).toHaveLength(2);
    const odd = await prune(...base(), ...config(`export default { sparsity: 0.5, eval: ${data(2, 9)} };`));
    expect([odd.code, odd.stderr]).toEqual([
      1,
      expect.stringMatching(/^prune: eval\(\) of config\d+\.mjs holds \[2, 3, 9, 9\] for input "x"/),
    ]);
  });

  test("is JSON, too", async () => {
    expect(await settings(...config(`{ "sparsity": 0.5, "scorer": "l1" }`, "json"))).toMatchObject({ scorer: "l1" });
  });
});

test("defineConfig types what it takes, and returns it", () => {
  const typed = { target: { macs: 0.5 }, ignore: ["a"], dim: { N: 1 }, evaluate: () => 1, calib: "train.npz" };
  expect(defineConfig(typed)).toBe(typed);
  // @ts-expect-error no command has such a flag
  defineConfig({ sparsty: 0.5 });
  // @ts-expect-error a budget is named
  defineConfig({ target: 0.5 });
  // @ts-expect-error allocations are known by name
  defineConfig({ allocation: "random" });
});

describe("a configuration that is wrong is told by file and key:", () => {
  test.each([
    [`export default { sparsty: 0.5 };`, /: sparsty: No command has it\. Did you mean sparsity\?\n$/],
    [`export default { sparsity: 2 };`, /: sparsity: It must be the fraction removed, from 0 and below 1\.$/m],
    [`export default { target: { macs: 0.5, params: 0.5 } };`, /: target: --target is given twice\.$/m],
    [`export default { target: 0.5 };`, /: target: It must be macs=X/],
    [`export default { width: "yes" };`, /: width: It must be true or false\.$/m],
    [`export default { seed: () => 1 };`, /: seed: It must be what --seed <n> takes, got function\.$/m],
    [`export default { evaluate: 1 };`, /: evaluate: It must be a function\.$/m],
    [
      `export const config = {};`,
      /cannot be loaded: it has no default export that is an object\. Mend it, or leave it out with --no-config\.$/m,
    ],
    [`throw new Error("out of order");`, /cannot be loaded: out of order\./],
  ])("%s", async (text, message) => {
    const { code, stdout, stderr } = await prune(...base(), ...config(text));
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(/^prune: Configuration \S+config\d+\.mjs/);
    expect(stderr).toMatch(message);
  });

  test("one that is not there", async () => {
    const { code, stderr } = await prune(...base(), "--config", at("none.mjs"));
    expect([code, stderr]).toEqual([2, expect.stringContaining("none.mjs cannot be loaded: there is no such file.")]);
  });
});

describe("prune.config.* of the folder that the command runs in", () => {
  const here = (...argv: string[]) =>
    spawnSync(process.execPath, [BIN, ...argv], {
      cwd: at("."),
      encoding: "utf8",
      env: { ...process.env, NODE_PATH: "" },
    });

  test("is taken by itself, TypeScript too, unless --no-config says not to; help needs none", () => {
    writeFileSync(
      at("prune.config.ts"),
      `const sparsity: number = 0.5;\nexport default { sparsity, output: "here.onnx" as string, quiet: true };`,
    );
    const taken = here("run", "model.onnx");
    expect([taken.status, taken.stderr.replace(/^.*ExperimentalWarning[^]*$/, "")]).toEqual([0, ""]);
    expect(readFileSync(at("here.onnx")).length).toBeGreaterThan(100);
    const without = here("run", "model.onnx", "--no-config");
    expect([without.status, without.stderr]).toEqual([2, expect.stringContaining("-o, --output <file>")]);
    writeFileSync(at("prune.config.ts"), `export default {`);
    expect(here("run", "--help").status).toBe(0);
    expect(here("run", "--help").stdout).toContain("--no-config");
    expect(here("inspect", "model.onnx").status).toBe(2);
  });
});
