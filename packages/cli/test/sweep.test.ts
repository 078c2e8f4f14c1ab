import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { FullReport, SweepReport } from "@prune/report";
import { beforeAll, describe, expect, test } from "vitest";
import { defineSweep } from "../src/sweep-config.ts";
import { fixture, json, prune, temporaryFolder } from "./command.ts";
import { writeLastImages } from "./images.ts";
import { convNet, write } from "./models.ts";
import { run, start, until } from "./processes.ts";
import { journalOf, resultsOf, writeSweep } from "./sweep.ts";

const at = temporaryFolder();
let count = 0;

/** Writes a sweep under a name of its own, since a module is loaded once. */
function sweepOf(text: string): string {
  const path = at(`sweep${count++}.mjs`);
  writeFileSync(path, `export default ${text};`);
  return path;
}

async function reportOf(config: string, ...flags: string[]): Promise<SweepReport> {
  const { code, stdout, stderr } = await run("sweep", config, "--json", ...flags);
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout) as SweepReport;
}

beforeAll(async () => {
  writeLastImages(100, at("images.npz"));
  await write(convNet(["N", 3, 8, 8]), at("conv.onnx"));
  writeFileSync(at("mlp.onnx"), readFileSync(fixture("fashion_mlp.onnx")));
});

describe("a sweep in threads", { timeout: 120_000 }, () => {
  test("does for every job what prune run does, and keeps model, plan and report", async () => {
    const config = sweepOf(`{
      eval: "images.npz", calib: "images.npz",
      grid: { model: ["mlp.onnx"], scorer: ["l1", "wanda"], target: [{ macs: 0.5 }], recover: ["bias", "none"] },
    }`);
    const report = await reportOf(config, "--output", at("out"), "--report", at("sweep.html"));
    expect(report.axes).toEqual(["scorer", "recover"]);
    expect(report.jobs.map(({ name, state, tries, model }) => [name, state, tries, model])).toEqual([
      ["l1 · bias", "done", 1, "mlp.onnx"],
      ["l1 · none", "done", 1, "mlp.onnx"],
      ["wanda · bias", "done", 1, "mlp.onnx"],
      ["wanda · none", "done", 1, "mlp.onnx"],
    ]);
    for (const { page, name, id, after, value } of report.jobs) {
      const folder = `${name.replace(" · ", "-")}-${id.slice(0, 8)}`;
      expect(page).toBe(`out/${folder}/report.html`);
      const own = json<FullReport>(at("out", folder, "report.json"));
      expect(own.environment!.command.slice(0, 4)).toEqual(["run", "mlp.onnx", "-o", "model.onnx"]);
      // The same by hand, as that command says, in the configuration's folder.
      const argv = own.environment!.command.map((part) => (/\.(onnx|npz)$/.test(part) ? at(part) : part));
      const { code, stderr, stdout } = await prune(...argv, "--plan", at("plan.json"), "--threads", "1", "--json");
      expect(code, stderr).toBe(0);
      const byHand = JSON.parse(stdout) as FullReport;
      expect(readFileSync(at("out", folder, "model.onnx")).equals(readFileSync(at("model.onnx")))).toBe(true);
      expect(readFileSync(at("out", folder, "plan.json"), "utf8")).toBe(readFileSync(at("plan.json"), "utf8"));
      const { files, settings, evaluation, environment: _, ...rest } = byHand;
      const { files: f, settings: s, evaluation: e, environment: _e, ...own_ } = own;
      expect(own_).toEqual(rest);
      expect([f.before.sha256, f.after.bytes, e!.accuracy, { ...s, calib: "" }]).toEqual([files.before.sha256, files.after.bytes, evaluation!.accuracy, { ...settings, calib: "" }]); // prettier-ignore
      expect([after!.macs, after!.bytes, value!.after]).toEqual([own.after.macs, own.files.after.bytes, own.evaluation!.accuracy![1]]); // prettier-ignore
      expect(existsSync(at("out", folder, "report.html"))).toBe(true);
    }
    expect(readFileSync(at("sweep.html"), "utf8")).toContain("4 of 4 jobs done.");
  });

  test("and in processes, to the same results", async () => {
    const config = sweepOf(`{ eval: "images.npz", model: "mlp.onnx", grid: { scorer: ["l1", "random"], sparsity: [0.5, 0.25] } }`); // prettier-ignore
    const [threads, processes] = [await reportOf(config), await reportOf(config, "--processes")];
    const figures = ({ jobs }: SweepReport): unknown => jobs.map(({ id, state, after, value }) => [id, state, after, value]); // prettier-ignore
    expect(figures(processes)).toEqual(figures(threads));
    expect(threads.jobs.every(({ where }) => /^thread \d$/.test(where!))).toBe(true);
    expect(processes.jobs.every(({ where }) => /^process \d$/.test(where!))).toBe(true);
  });

  test("compares by what was measured: the front is of all models on the same data, by agreement of each alone", async () => {
    const labelled = await reportOf(sweepOf(`{
      eval: "images.npz", sparsity: 0.5,
      grid: { model: [${JSON.stringify(fixture("fashion_mlp.onnx"))}, ${JSON.stringify(fixture("fashion_lstm.onnx"))}], scorer: ["l2", "random"] },
    }`));
    const [macs] = labelled.fronts;
    expect(labelled.fronts.map(({ against, measure }) => [against, measure])).toEqual([["macs", "accuracy"], ["params", "accuracy"], ["bytes", "accuracy"]]);
    expect(macs!.among).toEqual(labelled.jobs.map(({ id }) => id));
    // Nobody is both cheaper and better than a model that is on the front as it was.
    expect(macs!.originals.length).toBeGreaterThan(0);
    const far = await reportOf(sweepOf(`{
      eval: "images.npz", metric: "divergence",
      grid: { model: ["mlp.onnx", ${JSON.stringify(fixture("fashion_lstm.onnx"))}], target: [{ macs: 0.5 }, { macs: 0.8 }] },
    }`));
    expect(far.jobs.map(({ value: v }) => [v!.measure, v!.better, v!.before, v!.after > 0])).toEqual(far.jobs.map(() => ["divergence", "lower", 0, true]));
    // The less is cut the less is lost: all are on the front, each of its own model.
    const [mlp, lstm] = [far.jobs.slice(0, 2), far.jobs.slice(2)].map((of) => of.map(({ id }) => id));
    expect(far.fronts.filter(({ against }) => against === "macs").map(({ among, jobs, originals }) => [among, jobs, originals.length])).toEqual([[mlp, mlp, 1], [lstm, lstm, 1]]);
    const value = `({ graph }) => graph.parameters.get("a.weight").dims[0]`;
    const own = await reportOf(sweepOf(`{ model: "conv.onnx", evaluate: ${value}, roundTo: 1, grid: { sparsity: [0.25, 0.5] } }`));
    expect(own.jobs.map(({ name, value }) => [name, value])).toEqual([
      ["sparsity=0.25", { measure: "evaluate", better: "higher", before: 16, after: 12 }],
      ["sparsity=0.5", { measure: "evaluate", better: "higher", before: 16, after: 8 }],
    ]);
    expect(own.fronts[0]!.jobs).toEqual([own.jobs[1]!.id, own.jobs[0]!.id]);
  }); // prettier-ignore

  test("a job that fails is in the table with its reason; the others are done, and the exit code is 1", async () => {
    const config = sweepOf(`{ model: "conv.onnx", grid: [{ sparsity: [0.5], scorer: ["l1", "wanda"] }, { target: [{ macs: 0.001 }] }, { type: ["weight"], scorer: ["l2"] }] }`); // prettier-ignore
    const { code, stdout, stderr } = await run("sweep", config, "--report", at("failed.json"));
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /prune: 3 of 4 jobs failed; the first: Scorer "wanda" needs activations: give --calib DATA\.\n$/,
    );
    expect(stdout).toMatch(/^sparsity=0\.5 +l1 .*−72\.8%/m);
    expect(stdout).toMatch(/^sparsity=0\.5 +wanda +failed$/m);
    expect(stdout).toContain("\nl2 · weight: failed: --type weight does not go by --scorer.");
    const states = json<SweepReport>(at("failed.json")).jobs.map(({ state, tries, reason }) => [state, tries, reason]);
    expect(states).toEqual([
      ["done", 1, undefined],
      // None of them would be another's fault, or pass.
      ["failed", 1, 'Scorer "wanda" needs activations: give --calib DATA.'],
      ["failed", 1, expect.stringMatching(/cannot be reached|closest/i)],
      ["failed", 1, expect.stringContaining("--type weight does not go by --scorer")],
    ]);
  });

  test.each([
    ["thread", "process.exit(7)", "it ended with 7", []],
    // As a runtime that crashes, or a system without memory, does it.
    ["process", `process.kill(process.pid, "SIGKILL")`, "it ended with SIGKILL", ["--processes"]],
  ])("a %s that dies is replaced, and its job tried again", async (worker, die, how, flags) => {
    const dying = `({ size }) => { if (!existsSync(MARK)) { writeFileSync(MARK, ""); ${die}; } return new Float32Array(size).fill(1); }`; // prettier-ignore
    const path = at(`dying-${worker}.mjs`);
    writeFileSync(
      path,
      `import { existsSync, writeFileSync } from "node:fs"; const MARK = ${JSON.stringify(at("died"))};
       export default { model: "conv.onnx", sparsity: 0.5, plugin: [{ name: "dying", contract: 1, scorers: { dying: { summary: "d", make: () => ({ name: "dying", needs: [], score: ${dying} }) } } }], grid: { scorer: ["dying", "l1"] } };`,
    );
    const { code, stdout, stderr } = await run("sweep", path, "--jobs", "1", "--json", ...flags);
    expect(code, stderr).toBe(0);
    expect((JSON.parse(stdout) as SweepReport).jobs.map(({ state, tries }) => [state, tries])).toEqual([["done", 2], ["done", 1]]); // prettier-ignore
    expect(stderr).toContain(`prune: dying: once more, ${worker} 1 broke down: ${how}\n`);
    rmSync(at("died"));
    const none = await run("sweep", path, "--jobs", "1", "--retries", "0", ...flags);
    expect([none.code, none.stderr]).toEqual([1, expect.stringContaining(`1 of 2 jobs failed; the first: ${worker} 1 broke down`)]); // prettier-ignore
    rmSync(at("died"));
  });

  test("a model that changes after the sweep began is not pruned as if it were the same", async () => {
    const path = at("changing.mjs");
    writeFileSync(
      path,
      `import { appendFileSync } from "node:fs";
       const score = ({ size }) => { appendFileSync(${JSON.stringify(at("second.onnx"))}, "x"); return new Float32Array(size).fill(1); };
       export default { sparsity: 0.5, plugin: [{ name: "changing", contract: 1, scorers: { changing: { summary: "c", make: () => ({ name: "changing", needs: [], score }) } } }], scorer: "changing", grid: { model: ["conv.onnx", "second.onnx"] } };`,
    );
    await write(convNet(["N", 3, 8, 8]), at("second.onnx"));
    const { code, stderr } = await run("sweep", path, "--jobs", "1");
    expect(code).toBe(1);
    expect(stderr).toMatch(/second\.onnx: failed: what it reads has changed since the sweep began: model \(SHA-256 \w{12}… there, SHA-256 \w{12}… here\)/); // prettier-ignore
  });
});

describe("a sweep that is ended", { timeout: 240_000 }, () => {
  const inside = (...parts: string[]): string => at("ended", ...parts);

  test("by a kill, goes on from its journal to the same results; by Ctrl-C too, and says what is left", async () => {
    mkdirSync(inside());
    const sample = writeSweep(inside);
    const argv = ["sweep", sample.config, "--jobs", "2", "--journal", inside("journal.jsonl")];
    const lines = (): number => (existsSync(inside("journal.jsonl")) ? journalOf(inside("journal.jsonl")).size : 0);

    const killed = start(argv);
    await until(() => lines() >= 3, killed);
    killed.child.kill("SIGKILL");
    expect(await killed.ended).toBe("SIGKILL");
    const known = lines();

    const interrupted = start([...argv, "--report", inside("part.json")]);
    await until(() => lines() >= known + 3, interrupted);
    interrupted.child.kill("SIGINT");
    expect(await interrupted.ended, interrupted.stderr()).toBe(1);
    expect(interrupted.stderr()).toMatch(/prune: \d+ of 24 jobs were not run: the sweep was interrupted\. The same command goes on with them\.\n$/); // prettier-ignore
    const part = json<SweepReport>(inside("part.json"));
    expect(part.interrupted).toBe(true);
    expect(part.jobs.filter(({ state }) => state === "done")).toHaveLength(lines());
    expect(part.jobs.filter(({ state }) => state === "left").length).toBe(24 - lines());

    const before = [lines(), sample.marks().length];
    const rest = start(argv);
    expect(await rest.ended, rest.stderr()).toBe(0);
    expect(lines()).toBe(24);
    // No more than what was left was run: the slow ones leave a mark for each of two layers.
    expect(sample.marks().length - before[1]!).toBeLessThanOrEqual(2 * (24 - before[0]!));

    const undisturbed = start(["sweep", sample.config, "--jobs", "2", "--journal", inside("whole.jsonl"), "--quiet"]);
    expect([await undisturbed.ended, undisturbed.stderr()]).toEqual([0, ""]);
    expect(resultsOf(journalOf(inside("journal.jsonl")))).toEqual(resultsOf(journalOf(inside("whole.jsonl"))));

    // All is known: nothing is run, and the result is there at once.
    const marks = sample.marks().length;
    expect(await start(argv).ended).toBe(0);
    expect(sample.marks().length).toBe(marks);
  });

  test.each([
    ["threads", []],
    ["processes", ["--processes"]],
  ])("by a second Ctrl-C, ends at once, with its %s", async (kind, flags) => {
    const second = (...parts: string[]): string => at(kind, ...parts);
    mkdirSync(second());
    const sample = writeSweep(second);
    const running = start(["sweep", sample.config, "--jobs", "2", ...flags]);
    await until(() => sample.marks().length > 0, running);
    running.child.kill("SIGINT");
    await until(() => running.stderr().includes("a second time stops at once"), running);
    const began = performance.now();
    running.child.kill("SIGINT");
    // As a shell has it, 130: Node.js would stop the threads first, which ONNX Runtime does not survive.
    expect([130, "SIGINT"]).toContain(await running.ended);
    expect(performance.now() - began).toBeLessThan(5000);
    expect(running.stderr()).not.toContain("terminate");
  });

  test("with models to keep, makes those again that are not there", async () => {
    const config = sweepOf(`{ model: "conv.onnx", grid: { sparsity: [0.5, 0.25] } }`);
    const flags = ["--journal", at("models.jsonl")];
    await reportOf(config, ...flags);
    await reportOf(config, ...flags, "--output", at("models"));
    const report = await reportOf(config, ...flags, "--output", at("models"), "--report", at("models.html"));
    for (const { page } of report.jobs)
      expect(existsSync(at(decodeURIComponent(page!).replace("report.html", "model.onnx")))).toBe(true);
  });
});

describe("a configuration that is wrong is told by file and key, before anything is run:", () => {
  test.each([
    [`{ model: "conv.onnx" }`, /: grid: It must hold a list of values/],
    [`{ grid: { model: "conv.onnx" } }`, /: grid: It must hold a list of values/],
    [`{ grid: { model: [] } }`, /^prune: The grid has no values for "model"/],
    [`{ grid: { scorer: ["l1"] } }`, /: model: It must be the name of a file, for every job\./],
    [`{ grid: { model: ["conv.onnx"], sparsty: [0.5] } }`, /: sparsty: No job has it\. Did you mean sparsity\?/],
    [`{ grid: { model: ["conv.onnx"] }, output: "x.onnx" }`, /: output: No job has it\. There are: name, grid, skip, aggregate, .*sparsity/],
    [`{ grid: { model: ["conv.onnx"], sparsity: [0.5, 2] } }`, /: sparsity: It must be the fraction removed/],
    [`{ sparsity: 0.5, grid: { model: ["conv.onnx"], target: [{ macs: 0.5 }] } }`, /: conv\.onnx: option '--sparsity <x>' cannot be used with option '--target <budget>'\./],
    [`{ grid: { model: ["conv.onnx"], sparsity: [0.5] }, skip: () => true }`, /: skip: It leaves no job\./],
    [`{ grid: { model: ["conv.onnx"], evaluate: [() => 1] } }`, /The grid's values for "evaluate" must be JSON/],
    [`{ name: 7, grid: { model: ["conv.onnx"] } }`, /: name: It must be a text\./],
  ])("%s", async (text, message) => {
    const { code, stdout, stderr } = await prune("sweep", sweepOf(text));
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(message);
  }); // prettier-ignore

  test("a folder that cannot be made", async () => {
    const config = sweepOf(`{ sparsity: 0.5, grid: { model: ["conv.onnx"] } }`);
    const { code, stderr } = await prune("sweep", config, "--output", at("images.npz"));
    expect([code, stderr]).toEqual([1, expect.stringMatching(/images\.npz: cannot be written: EEXIST/)]);
  });

  test("files that are not there", async () => {
    const { code, stderr } = await prune("sweep", sweepOf(`{ sparsity: 0.5, grid: { model: ["none.onnx"] } }`));
    expect([code, stderr]).toEqual([1, expect.stringMatching(/none\.onnx: cannot be read: ENOENT.*Check the path; those of a sweep are relative to its configuration\./)]); // prettier-ignore
    expect(await prune("sweep", at("none.mjs"))).toMatchObject({ code: 2 });
  });
});

test("combinations are left out by skip, which sees all settings", async () => {
  const config = sweepOf(`{ model: "conv.onnx", seed: 3, skip: ({ sparsity, scorer, seed }) => seed === 3 && sparsity === 0.25 && scorer === "l1", grid: { sparsity: [0.5, 0.25], scorer: ["l1", "l2"] } }`); // prettier-ignore
  expect((await reportOf(config)).jobs.map(({ name }) => name)).toEqual([
    "sparsity=0.5 · l1",
    "sparsity=0.5 · l2",
    "sparsity=0.25 · l2",
  ]);
});

test("latency is measured one job at a time, or with a remark", async () => {
  const config = sweepOf(`{ model: "conv.onnx", measure: true, grid: { sparsity: [0.5, 0.25] } }`);
  const alone = await reportOf(config);
  expect(alone.jobs.every(({ after }) => after!.latency! > 0)).toBe(true);
  expect(alone).not.toHaveProperty("remarks");
  expect((await reportOf(config, "--jobs", "2")).remarks).toEqual([expect.stringContaining("--jobs 1")]);
});

test("defineSweep types what it takes, and returns it", () => {
  const typed = {
    model: "a.onnx",
    grid: { target: [{ macs: 0.5 }, { params: 0.5 }], recover: ["none"], width: [true] },
  };
  expect(defineSweep(typed)).toBe(typed);
  defineSweep({ grid: [{ model: ["a.onnx"], type: ["neuron"] }, { model: ["b.onnx"] }] });
  // @ts-expect-error values are lists
  defineSweep({ grid: { scorer: "l1" } });
  // @ts-expect-error no job has such an option
  defineSweep({ output: "a.onnx", grid: {} });
  // @ts-expect-error allocations are known by name
  defineSweep({ grid: { allocation: ["random"] } });
});
