import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { type Graph, nodeOf, type OptionSchema } from "@prune/core";
import { beforeAll, describe, expect, test } from "vitest";
import type { Listed, ListedOperator } from "../src/actions/list.ts";
import type { FullReport } from "../src/actions/full-report.ts";
import { BIN, fixture, json, prune, temporaryFolder } from "./command.ts";
import { convNet, write } from "./models.ts";
import { bytesOf, npy, npz } from "./npy.ts";

const at = temporaryFolder();
const half = ["--sparsity", "0.5", "--round-to", "1", "--quiet"];

interface Plan {
  readonly axes: readonly { readonly tensor: string; readonly axis: number; readonly keep: readonly number[] }[];
}

/** Writes a plug-in, and returns the flags that load it. */
function plugin(name: string, fields: string, before = ""): string[] {
  const path = at(`${name}.mjs`);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${before}\nexport const plugin = { name: "${name}", contract: 1, ${fields} };\n`);
  return ["--plugin", path];
}

const images = (n: number): Float32Array =>
  Float32Array.from({ length: n * 3 * 8 * 8 }, (_, i) => Math.sin(i * 0.7) + Math.cos(i * 0.013));

beforeAll(async () => {
  await write(convNet(["N", 3, 8, 8]), at("model.onnx"));
  writeFileSync(
    at("data.npz"),
    npz({
      x: npy("<f4", [12, 3, 8, 8], bytesOf(images(12))),
      labels: npy(
        "|u1",
        [12],
        Uint8Array.from({ length: 12 }, (_, i) => i % 4),
      ),
    }),
  );
});

async function run(...flags: string[]): Promise<FullReport> {
  const files = ["-o", at("out.onnx"), "--plan", at("plan.json"), "--report", at("report.json")];
  const done = await prune("run", at("model.onnx"), ...files, ...flags);
  expect([done.code, done.stderr]).toEqual([0, ""]);
  return json<FullReport>(at("report.json"));
}

const kept = (tensor: string): readonly number[] | undefined =>
  json<Plan>(at("plan.json")).axes.find((a) => a.tensor === tensor && a.axis === 0)?.keep;

describe("what fails in a plug-in is told as its own, with its stack", () => {
  let count = 0;
  const fails = '() => { throw new TypeError("no\\nidea"); }';
  const later = '() => Promise.reject(new TypeError("no\\nidea"))';
  const offer = (made: string): string => `{ bad: { summary: "bad", make: ${made} } }`;
  test.each<[string, string, string[]]>([
    ['scorer "bad"', `scorers: ${offer(fails)}`, ["--scorer", "bad"]],
    ['scorer "bad"', `scorers: ${offer(`() => ({ name: "bad", needs: [], score: ${fails} })`)}`, ["--scorer", "bad"]],
    ['scorer "bad"', `scorers: ${offer(`() => new (class { name = "bad"; needs = []; #why = "no\\nidea"; score() { throw new TypeError(this.#why); } })()`)}`, ["--scorer", "bad"]], // prettier-ignore
    ['type "bad"', `pruners: ${offer(`() => ({ name: "bad", decide: ${later} })`)}`, ["--type", "bad"]],
    ['recovery step "bad"', `recovery: ${offer(`() => ({ name: "bad", recover: ${later} })`)}`, ["--calib", at("data.npz"), "--recover", "bad"]], // prettier-ignore
    ['metric "bad"', `metrics: ${offer(`() => ({ name: "bad", measure: ${later} })`)}`, ["--eval", at("data.npz"), "--metric", "bad"]], // prettier-ignore
    ['reader "bad"', `readers: { bad: { summary: "bad", extensions: [], make: () => ({ name: "bad", read: ${later} }) } }`, ["--eval", at("data.npz"), "--reader", "bad"]], // prettier-ignore
  ])("%s", async (what, brings, flags) => {
    const name = `bad-${++count}`; // a file is imported once
    const [flag, file] = plugin(name, brings) as [string, string];
    const { code, stderr } = await prune("run", at("model.onnx"), "-o", at("x.onnx"), ...half, flag, file, ...flags);
    expect([code, existsSync(at("x.onnx"))]).toEqual([1, false]);
    const [line, ...stack] = stderr.split("\n");
    expect(line).toBe(`prune: Plug-in ${name} (${file}): ${what} failed: TypeError: no idea. This is no defect of prune: tell its author.`); // prettier-ignore
    expect(stack.slice(0, 2)).toEqual(["TypeError: no", "idea"]);
    expect(stack[2]).toContain(`/${name}.mjs:`);
  });

  test("a rule for an operator, which then is in the way", async () => {
    const flags = plugin("rule", `operators: [{ type: "Relu", links: ${fails} }]`);
    const done = await prune("run", at("model.onnx"), "-o", at("x.onnx"), ...half, ...flags);
    expect(done.stderr).toContain(`reaches Relu "first/Relu", whose rule failed: Plug-in rule (${flags[1]!}): operator "Relu" failed: TypeError: no idea. `); // prettier-ignore
  });

  test("but its refusals are told as they are", async () => {
    const refuses = `() => { throw Object.assign(new Error("Give less."), { name: "PruneError", code: "bad-data" }); }`;
    const flags = plugin("fussy", `scorers: ${offer(`() => ({ name: "bad", needs: [], score: ${refuses} })`)}`);
    const done = await prune("run", at("model.onnx"), "-o", at("x.onnx"), ...half, ...flags, "--scorer", "bad");
    expect([done.code, done.stderr]).toEqual([1, "prune: Give less.\n"]);
  });
});

describe("a plug-in brings", () => {
  test("a scorer, with options", async () => {
    const make = `(o) => ({ name: "by-index", needs: [], score: ({ size }) => Float32Array.from({ length: size }, (_, i) => o.last ? i : -i) })`;
    const options = `{ last: { type: "boolean", default: false } }`;
    const flags = plugin(
      "order",
      `scorers: { "by-index": { summary: "by index", options: ${options}, make: ${make} } }`,
    );
    await run(...half, ...flags, "--scorer", "by-index");
    expect(kept("a.weight")).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    const report = await run(...half, ...flags, "--scorer", "by-index:last=true");
    expect(kept("a.weight")).toEqual([8, 9, 10, 11, 12, 13, 14, 15]);
    expect(report.settings?.scorer).toBe("by-index:last=true");
    const wrong = await prune(
      "run",
      at("model.onnx"),
      "-o",
      at("x.onnx"),
      ...half,
      ...flags,
      "--scorer",
      "by-index:last=1",
    );
    expect([wrong.code, wrong.stderr]).toEqual([
      2,
      'prune: Option "last" of "by-index" must be true or false, got 1.\n',
    ]);
  });

  test("a scorer that needs samples, which are asked for", async () => {
    const make = `() => ({ name: "needy", needs: ["activations"], score: () => [] })`;
    const flags = plugin("needy", `scorers: { needy: { summary: "needy", make: ${make} } }`);
    const needy = await prune("run", at("model.onnx"), "-o", at("x.onnx"), ...half, ...flags, "--scorer", "needy");
    expect([needy.code, needy.stderr]).toEqual([2, 'prune: Scorer "needy" needs activations: give --calib DATA.\n']);
  });

  test("a type of pruning that is told the flags that all of them take", async () => {
    const decide = `async ({ groups }) => ({ removed: new Map(groups.map((g) => [g, Uint8Array.from({ length: g.size }, (_, i) => Number(i >= o.minChannels))])) })`;
    const flags = plugin(
      "some",
      `pruners: { some: { summary: "some", make: (o) => ({ name: "some", decide: ${decide} }) } }`,
    );
    await run("--type", "some", "--sparsity", "0.5", "--min-channels", "3", "--quiet", ...flags);
    expect(kept("a.weight")).toEqual([0, 1, 2]);
  });

  test("a type of pruning, with options of its own and flags that it goes by", async () => {
    const decide = `async ({ groups }) => ({ removed: new Map(groups.map((g) => [g, Uint8Array.from({ length: g.size }, (_, i) => Number(i % o.every === 0))])) })`;
    const flags = plugin(
      "comb",
      `pruners: { comb: { summary: "every n-th", takes: [], options: { every: { type: "integer", minimum: 2 } }, make: (o) => ({ name: "comb", untargeted: true, decide: ${decide} }) } }`,
    );
    await run("--type", "comb:every=4", "--quiet", ...flags);
    expect(kept("a.weight")).toEqual([1, 2, 3, 5, 6, 7, 9, 10, 11, 13, 14, 15]);
    const stray = await prune(
      "run",
      at("model.onnx"),
      "-o",
      at("x.onnx"),
      "--type",
      "comb:every=4",
      "--sparsity",
      "0.5",
      ...flags,
    );
    expect([stray.code, stray.stderr]).toEqual([
      2,
      "prune: --type comb:every=4 does not go by --sparsity. It goes by no flag.\n",
    ]);
  });

  test("a rule for an operator that nobody described: what it touches is no longer whole", async () => {
    // Det yields nothing that can be cut; what it reads can, once a rule says that its batch axes are the output's.
    const nodes = convNet().nodes;
    const odd: Graph = {
      ...convNet(["N", 3, 8, 8]),
      nodes: [
        ...nodes.slice(0, 4),
        nodeOf("Det", ["br"], ["det"]),
        nodeOf("Gemm", ["det", "fc.weight"], ["y"], { transB: 1 }, "fc"),
      ],
    };
    await write(odd, at("det.onnx"));
    const links = `({ in: [x], out: [y] }) => [0, 1].map((axis) => ({ kind: "equal", left: [x.axis(axis)], right: [y.axis(axis)] }))`;
    const flags = plugin("det", `operators: [{ type: "Det", links: ${links}, zero: ([x]) => x === true }]`);
    const without = await prune("inspect", at("det.onnx"));
    expect(without.stdout).toContain("an operator without a rule");
    const withRule = await prune("inspect", at("det.onnx"), ...flags);
    expect([withRule.code, withRule.stdout.includes("an operator without a rule")]).toEqual([0, false]);
    const plan = ["--plan", at("det.json")];
    const done = await prune("run", at("det.onnx"), "-o", at("det.out.onnx"), ...half, ...plan, ...flags);
    expect([done.code, done.stderr]).toEqual([0, ""]);
    expect(json<Plan>(at("det.json")).axes).toContainEqual(expect.objectContaining({ tensor: "fc.weight", axis: 1 }));
    const files = [at("det.onnx"), at("det.out.onnx"), at("det.json")];
    expect((await prune("verify", ...files, ...flags)).code).toBe(0);
    expect((await prune("apply", files[0]!, files[2]!, "-o", at("again.onnx"), ...flags)).code).toBe(0);
    expect(readFileSync(at("again.onnx"))).toEqual(readFileSync(at("det.out.onnx")));
    const listed = await prune("operators", "--json", ...flags);
    const { items } = JSON.parse(listed.stdout) as { items: ListedOperator[] };
    expect(items).toContainEqual({
      name: "Det",
      from: `det (${at("det.mjs")})`,
      domain: "",
      since: 1,
      rules: ["links", "zero"],
    });
  });

  test("a recovery step", async () => {
    const recover = `async ({ pruned, data }) => ({ graph: pruned, notes: { seen: data.count * o.times } })`;
    const flags = plugin(
      "noop",
      `recovery: { look: { summary: "looks", options: { times: { type: "integer", minimum: 1 } }, make: (o) => ({ name: "look", recover: ${recover} }) } }`,
    );
    const { recovery } = await run(...half, ...flags, "--calib", at("data.npz"), "--recover", "look:times=2");
    expect(recovery).toEqual([{ name: "look", samples: 12, notes: { seen: 24 } }]);
  });

  test("evidence of a kind of its own, and the scorer that needs it", async () => {
    const gather = `async ({ data }) => ({ bonus: (i) => (i >= data.count ? 1 : 0) })`;
    const score = `({ size }, { evidence }) => Float32Array.from({ length: size }, (_, i) => evidence.get("bonus").bonus(i))`;
    const flags = plugin(
      "bonus",
      `evidence: { bonus: { summary: "bonus", make: () => ({ kind: "bonus", gather: ${gather} }) } },
       scorers: { bonus: { summary: "bonus", make: () => ({ name: "bonus", needs: ["bonus"], score: ${score} }) } }`,
    );
    await run(
      "--sparsity",
      "0.75",
      "--round-to",
      "1",
      "--quiet",
      ...flags,
      "--scorer",
      "bonus",
      "--calib",
      at("data.npz"),
      "--recover",
      "none",
    );
    expect(kept("a.weight")).toEqual([12, 13, 14, 15]);
  });

  test("a loss, which finetune minimises and gradients are of", async () => {
    // The square of the first output; its least is 0, wherever the labels are.
    const build = `({ g, outputs: [y] }) => ({ loss: g.op("ReduceMean", [g.mul(y.name, y.name)], { keepdims: 0 }) })`;
    const flags = [
      ...plugin(
        "shrink",
        `losses: { shrink: { summary: "outputs to zero", make: () => ({ name: "shrink", build: ${build} }) } }`,
      ),
      ...["--loss", "shrink", "--calib", at("data.npz")],
    ];
    const { recovery, settings } = await run(
      ...half,
      ...flags,
      "--recover",
      "finetune:epochs=4,lr=0.01,validation=0.3",
    );
    expect(settings?.["loss"]).toBe("shrink");
    const { loss, metric } = recovery![0]!.notes!.heldOut!;
    expect(loss.after).toBeLessThan(0.9 * loss.before);
    expect(metric).toBeUndefined();
    await run(...half, ...flags, "--recover", "none", "--scorer", "snip");
    const byShrink = kept("a.weight");
    await run(...half, "--calib", at("data.npz"), "--recover", "none", "--scorer", "snip");
    expect(kept("a.weight")).not.toEqual(byShrink);
    const stray = await prune("run", at("model.onnx"), "-o", at("x.onnx"), ...half, ...flags, "--recover", "bn");
    expect([stray.code, stray.stderr]).toEqual([
      2,
      expect.stringContaining("--loss shrink is for recovery and scorers that go by a loss"),
    ]);
  });

  test("a metric, for run, compare and sensitivity", async () => {
    const measure = `async ({ graph }, data) => graph.parameters.get("a.weight").dims[0] / (o.of ?? 1) + data.count`;
    const flags = [
      ...plugin(
        "width",
        `metrics: { width: { summary: "width", options: { of: { type: "number" } }, make: (o) => ({ name: "width", measure: ${measure} }) } }`,
      ),
      ...["--metric", "width:of=4", "--eval", at("data.npz")],
    ];
    const { evaluation } = await run(...half, ...flags);
    expect(evaluation).toMatchObject({ samples: 12, metric: { name: "width", before: 16, after: 14 } });
    expect(evaluation).not.toHaveProperty("agreement");
    const compared = await prune("compare", at("model.onnx"), at("out.onnx"), ...flags);
    expect(compared.stdout).toMatch(/^width +16 +14 +−2$/m);
    const curves = await prune("sensitivity", at("model.onnx"), ...flags, "--ratios", "0.5");
    expect(curves.stdout).toContain("Whole: 16 width on 12 samples.");
    const lone = await prune("run", at("model.onnx"), "-o", at("x.onnx"), ...half, ...flags.slice(0, 4));
    expect([lone.code, lone.stderr]).toEqual([
      2,
      "prune: --metric says how the data of --eval is judged: give --eval DATA.\n",
    ]);
    const nan = plugin(
      "nan",
      `metrics: { nan: { summary: "none", make: () => ({ name: "nan", measure: () => NaN }) } }`,
    );
    const bad = await prune(
      "compare",
      at("model.onnx"),
      at("out.onnx"),
      ...nan,
      "--metric",
      "nan",
      "--eval",
      at("data.npz"),
    );
    expect([bad.code, bad.stderr]).toEqual([1, 'prune: Metric "nan" gave NaN, not a number.\n']);
  });

  test("a reader, chosen by how a file's name ends, or by name", async () => {
    const read = `async (path) => {
      const rows = readFileSync(path, "utf8").trim().split("\\n").map((line) => line.split(o.separator ?? ",").map(Number));
      return {
        x: { dtype: "float32", dims: [rows.length, 3, 8, 8], data: Float32Array.from(rows.flatMap((row) => row.slice(1))) },
        labels: { dtype: "int32", dims: [rows.length], data: Int32Array.from(rows, ([label]) => label) },
      };
    }`;
    const options = `{ separator: { type: "string" } }`;
    const flags = plugin(
      "csv",
      `readers: { csv: { summary: "rows of a label and numbers", extensions: [".csv"], options: ${options}, make: (o) => ({ name: "csv", read: ${read} }) } }`,
      `import { readFileSync } from "node:fs";`,
    );
    const x = images(12);
    const rows = (separator: string): string =>
      Array.from({ length: 12 }, (_, i) => [i % 4, ...x.subarray(i * 192, (i + 1) * 192)].join(separator)).join("\n");
    writeFileSync(at("rows.csv"), rows(","));
    writeFileSync(at("rows.txt"), rows(";"));
    const compare = ["compare", at("model.onnx"), at("model.onnx"), "--json", "--eval"];
    const evaluation = async (...more: string[]): Promise<unknown> => {
      const { code, stdout, stderr } = await prune(...compare, ...more);
      expect([code, stderr]).toEqual([0, ""]);
      return (JSON.parse(stdout) as FullReport).evaluation?.accuracy;
    };
    const expected = await evaluation(at("data.npz"));
    expect(await evaluation(at("rows.csv"), ...flags)).toEqual(expected);
    expect(await evaluation(at("rows.txt"), ...flags, "--reader", "csv:separator=;")).toEqual(expected);
    const without = await prune(...compare, at("rows.csv"));
    expect([without.code, without.stderr]).toEqual([
      2,
      expect.stringContaining("or what the reader of a plug-in reads"),
    ]);
    const lies = plugin(
      "lies",
      `readers: { lies: { summary: "", extensions: [".lie"], make: () => ({}) } }`.replace('""', '"lies"'),
    );
    expect((await prune(...compare, at("rows.csv"), ...lies, "--reader", "lies")).stderr).toContain(
      'reader "lies" was made without { name, read }',
    );
  });
});

describe("what a reader gives is checked:", () => {
  test.each([
    [
      `{ x: { dtype: "float32", dims: [2, 3, 8, 8], data: new Float32Array(7) } }`,
      `rows.bad holds 7 numbers in "x", of shape [2,3,8,8].`,
    ],
    [
      `{ x: { dtype: "float32", dims: [1], data: [1] } }`,
      `rows.bad holds no numbers in "x": data must be a typed array.`,
    ],
    [`{ x: 1 }`, `rows.bad holds no numbers in "x": data must be a typed array.`],
    [
      `{ y: { dtype: "float32", dims: [1, 3, 9, 9], data: new Float32Array(243) } }`,
      `rows.bad holds [1, 3, 9, 9] for input "x", which takes [N, 3, 8, 8].`,
    ],
  ])("%s", async (values, message) => {
    const name = `bad-${message.length}-${values.length}`;
    const flags = plugin(
      name,
      `readers: { bad: { summary: "bad", extensions: [".bad"], make: () => ({ name: "bad", read: async () => (${values}) }) } }`,
    );
    writeFileSync(at("rows.bad"), "");
    const { code, stderr } = await prune(
      "compare",
      at("model.onnx"),
      at("model.onnx"),
      "--eval",
      at("rows.bad"),
      ...flags,
    );
    expect([code, stderr]).toEqual([1, `prune: ${message}\n`]);
  });
});

describe("prune scorers and its like", () => {
  test("list what is installed, with options, sources and needs", async () => {
    const flags = plugin(
      "extra",
      `scorers: { extra: { summary: "one more", source: "you", make: () => ({ name: "extra", needs: ["activations"], score: () => [] }) } }`,
    );
    const { items } = JSON.parse((await prune("scorers", "--json", ...flags)).stdout) as { items: Listed[] };
    expect(items.find((i) => i.name === "entropy")).toMatchObject({
      from: "@prune/scorer-entropy",
      needs: ["samples"],
      options: { bins: { type: "integer", minimum: 2, default: 8 } },
    });
    expect(items.at(-1)).toEqual({
      name: "extra",
      from: `extra (${at("extra.mjs")})`,
      summary: "one more",
      source: "you",
      needs: ["activations"],
      weights: false,
    });
    const { stdout } = await prune("scorers", ...flags);
    expect(stdout).toContain("\n\nextra  one more\n  needs --calib (activations)\n  you; extra (");
    expect(stdout).toContain("  :bins=  a whole number from 2, default 8; bins of the histogram\n");
  });

  test.each(["pruners", "recovery", "metrics", "readers"])("prune %s names all there are", async (list) => {
    const { code, stdout } = await prune(list, "--json");
    const { items } = JSON.parse(stdout) as { items: Listed[] };
    expect([code, items.every((i) => i.summary && i.from.startsWith("@prune/"))]).toEqual([0, true]);
    expect(items.length).toBeGreaterThan(0);
    expect((await prune(list)).stdout.split("\n\n")).toHaveLength(items.length);
  });

  test("say so where there is nothing", async () => {
    expect((await prune("losses")).stdout).toBe("There are no losses here; plug-ins may bring some (--plugin).\n");
  });

  test("operators are those of core, and those of plug-ins", async () => {
    const { stdout } = await prune("operators");
    expect(stdout).toMatch(/^Conv +ai\.onnx +1 +links .*gradient +@prune\/core$/m);
  });

  test("are where the README's table is from (vitest -u writes it)", async () => {
    const { items } = JSON.parse((await prune("scorers", "--json")).stdout) as { items: Listed[] };
    const path = fileURLToPath(new URL("../README.md", import.meta.url));
    const [before = "", , after = ""] = readFileSync(path, "utf8").split(
      /(?<=<!-- scorers:start -->\n)|(?=<!-- scorers:end -->)/,
    );
    await expect(`${before}\n${scorerTable(items)}\n\n${after}`).toMatchFileSnapshot(path);
  });
});

/** The table of scorers as the README has it. */
function scorerTable(items: readonly Listed[]): string {
  const optionOf = ([name, { enum: words, default: first }]: [string, OptionSchema]): string =>
    `\`${name}${first === undefined ? "" : `=${String(first)}`}\`${words ? ` (${words.join(", ")})` : ""}`;
  const rows = items.map(({ name, summary, options = {}, needs = [], weights, source = "" }) => [
    ...[`\`${name}\``, summary, Object.entries(options).map(optionOf).join("; ")],
    ...[needs.length ? "yes" : "no", weights ? "yes" : "no", source],
  ]);
  for (const row of rows) for (const [i, cell] of row.entries()) row[i] = cell.replaceAll("|", "\\|");
  const heads = ["Scorer", "Importance", "Options", "Needs `--calib`", "Single weights", "Source"];
  const widths = heads.map((head, i) => Math.max(head.length, ...rows.map((row) => row[i]!.length)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, i) => cell.padEnd(widths[i]!)).join(" | ")} |`;
  return [line(heads), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)].join("\n");
}

test("a folder with a package in it is loaded by that package's entry", async () => {
  plugin(
    "folder/entry",
    `scorers: { here: { summary: "h", make: () => ({ name: "here", needs: [], score: () => [] }) } }`,
  );
  writeFileSync(at("folder/package.json"), JSON.stringify({ name: "folder", exports: { import: "./entry.mjs" } }));
  const { code, stdout } = await prune("scorers", "--json", "--plugin", at("folder"));
  expect([code, (JSON.parse(stdout) as { items: Listed[] }).items.at(-1)?.name]).toEqual([0, "here"]);
});

describe("a plug-in in TypeScript", () => {
  const source = `
    import type { Plugin } from "@prune/core";
    type Scores = Float32Array;
    const make = () => ({ name: "typed", needs: [], score: ({ size }: { size: number }): Scores => Float32Array.from({ length: size }, (_, i) => i) });
    export const plugin: Plugin = { name: "typed", contract: 1, scorers: { typed: { summary: "typed", make } } };`;

  test("is loaded as it is, by Node.js itself or by jiti", () => {
    writeFileSync(at("typed.ts"), source);
    const argv = [
      BIN,
      "run",
      fixture("fashion_mlp.onnx"),
      "-o",
      at("typed.onnx"),
      ...half,
      "--plugin",
      "./typed.ts",
      "--scorer",
      "typed",
    ];
    const { status, stderr } = spawnSync(process.execPath, argv, { cwd: at("."), encoding: "utf8" });
    expect([status, stderr.replace(/^.*ExperimentalWarning[^]*$/, "")]).toEqual([0, ""]);
  });

  test("is refused with what to do where neither reads it", () => {
    writeFileSync(at("typed.ts"), source);
    writeFileSync(
      at("bare.mjs"),
      `import { register } from "node:module";
       process.features.typescript = false;
       register("data:text/javascript," + encodeURIComponent('export function resolve(name, context, next) { if (name === "jiti") throw new Error("none"); return next(name, context); }'));`,
    );
    const argv = ["--import", pathToFileURL(at("bare.mjs")).href, BIN, "scorers", "--plugin", "./typed.ts"];
    const env = { ...process.env, NODE_PATH: "" };
    const { status, stderr } = spawnSync(process.execPath, argv, { cwd: at("."), encoding: "utf8", env });
    expect([status, stderr]).toEqual([
      2,
      expect.stringMatching(
        /Plug-in \.\/typed\.ts cannot be loaded: Node\.js \S+ does not read TypeScript: use 22\.18 or newer, or "npm install jiti"/,
      ),
    ]);
  });
});
