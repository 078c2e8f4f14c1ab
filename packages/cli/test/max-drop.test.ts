import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import type { FullReport } from "../src/actions/full-report.ts";
import type { SensitivityReport } from "../src/actions/sensitivity.ts";
import { parseNpz } from "../src/lib/npz.ts";
import { fixture, json, prune, temporaryFolder } from "./command.ts";
import { writeLastImages } from "./images.ts";
import { npy } from "./npy.ts";
import { killAfter, start } from "./processes.ts";

const at = temporaryFolder();
const mlp = fixture("fashion_mlp.onnx");
const data = ["--eval", at("images.npz"), "--calib", at("images.npz"), "--calib-samples", "100"];

beforeAll(() => writeLastImages(500, at("images.npz")));

describe("the smallest model within an allowed drop", { timeout: 120_000 }, () => {
  test("is within it, and the next smaller one that was tried is not", async () => {
    const out = ["-o", at("out.onnx"), "--report", at("report.json"), "--plan", at("plan.json")];
    const { code, stdout, stderr } = await prune("run", mlp, ...out, "--max-drop", "2%", "--round-to", "1", ...data);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const { search, evaluation, after, before, settings } = json<FullReport>(at("report.json"));
    expect(settings).toMatchObject({ maxDrop: 0.02, target: {}, recover: "bn,reconstruct" });
    const { baseline, tries } = search!;
    expect(search).toMatchObject({ budget: "macs", maxDrop: 0.02, baseline: evaluation!.accuracy![0] });
    const within = tries.filter((t) => t.within);
    const best = within.at(-1)!;
    expect(best).toMatchObject({ value: evaluation!.accuracy![1], cost: after, left: after.macs / before.macs });
    expect(within.every((t) => t.value >= baseline - 0.02 - 1e-9 && t.left >= best.left)).toBe(true);
    const next = tries[tries.indexOf(best) + 1]!;
    expect(next.value).toBeLessThan(baseline - 0.02);
    expect(best.left - next.target).toBeLessThanOrEqual(0.02 * best.left + 1e-9);
    expect(stdout).toMatch(/^Tried +Left +MACs +Accuracy$/m);
    expect(stdout).toMatch(new RegExp(`^macs=${best.target} +\\S+% +\\S+ k +\\S+% +within$`, "m"));
    expect(stdout).toMatch(/^Allowed: \S+% less 2\.00 points\.$/m);
    expect((await prune("apply", mlp, at("plan.json"), "-o", at("replayed.onnx"))).code).toBe(0);
  });

  test("can be counted in other budgets, and of connections", async () => {
    const wide = ["run", mlp, "-o", at("out.onnx"), "--json", "--eval", at("images.npz"), "--round-to", "64"];
    const { code, stdout } = await prune(...wide, "--max-drop", "0.1", "--search", "bytes");
    expect(code).toBe(0);
    const report = JSON.parse(stdout) as FullReport;
    expect(report.search).toMatchObject({ budget: "bytes", maxDrop: 0.1 });
    const smallest = report.search!.tries.filter((t) => t.within).at(-1)!;
    expect(report.after.bytes / report.before.bytes).toBe(smallest.left);

    const sparse = await prune("run", mlp, "-o", at("out.onnx"), "--json", "--type", "connection", "--max-drop", "5%", "--eval", at("images.npz")); // prettier-ignore
    const { search, zeros, before } = JSON.parse(sparse.stdout) as FullReport;
    const best = search!.tries.filter((t) => t.within).at(-1)!;
    expect(search!.budget).toBe("params");
    expect(best.left).toBeCloseTo(1 - zeros![1] / before.params, 10);
    expect(best.left).toBeLessThan(0.7);
  });

  test("where there is none, the error says what was measured", async () => {
    // Without labels every answer has to be the original's.
    const unlabelled = at("unlabelled.npy");
    writeFileSync(unlabelled, npy("|u1", [500, 1, 28, 28], parseNpz(readFileSync(at("images.npz")), "").arrays.get("image")!.data as Uint8Array)); // prettier-ignore
    const argv = ["run", mlp, "-o", at("none.onnx"), "--max-drop", "0%", "--scorer", "random", "--eval", unlabelled];
    const { code, stderr } = await prune(...argv);
    expect({ code, there: existsSync(at("none.onnx")) }).toEqual({ code: 1, there: false });
    expect(stderr).toMatch(
      /^prune: No smaller network is worth 1, which is the 1 of the original less a drop of 0: measured were 0\.\d+ at macs=0\.\d+, .*\. Allow a larger drop, or recover more of it\.\n$/,
    );
  });
});

test.each([
  [["--max-drop", "1%"], "--max-drop is a drop of what is measured on data: give --eval DATA."],
  [["--max-drop", "1%", "--eval", "x.npz", "--type", "weight"], "--type weight does not go by --max-drop. It goes by --heads, --epsilon, --percentile."], // prettier-ignore
  [["--max-drop", "1%", "--target", "macs=0.5"], "option '--max-drop <points>' cannot be used with option '--target <budget>'"], // prettier-ignore
  [["--max-drop", "2", "--eval", "x.npz"], "option '--max-drop <points>' argument '2' is invalid. It must be percentage points such as 1%, or the same as a fraction, 0.01."], // prettier-ignore
  [["--target", "macs=0.5", "--search", "bytes"], "--search is for the search of --max-drop: give --max-drop, or leave --search out."], // prettier-ignore
  [["--target", "macs=0.5", "--journal", "j"], "--journal is for the search of --max-drop: give --max-drop, or leave --journal out. Training goes on from a --checkpoint."], // prettier-ignore
  [["--max-drop", "1%", "--eval", "x.npz", "--calib", "x.npz", "--recover", "finetune", "--checkpoint", "c"], "--checkpoint keeps the training of one try of --max-drop: give --journal FILE to keep the tries as well."], // prettier-ignore
])("%o is refused", async (flags, message) => {
  const { code, stderr } = await prune("run", mlp, "-o", at("x.onnx"), ...flags);
  expect({ code, stderr }).toEqual({ code: 2, stderr: `prune: ${message}\n` });
});

/** Runs a command undisturbed, then kills it at random moments until it is through, and hands both results over. */
async function killed(results: readonly string[], argv: readonly string[], notes: readonly string[]): Promise<void> {
  const started = performance.now();
  const whole = start(argv);
  expect([await whole.ended, whole.stderr()]).toEqual([0, ""]);
  const time = performance.now() - started;
  const expected = results.map((path) => readFileSync(path));
  for (const path of [...results, ...notes]) rmSync(path, { force: true });
  const moments = Array.from({ length: 2 }, () => time * (0.2 + 0.6 * Math.random()));
  for (const moment of moments) await killAfter(moment, argv);
  // As if the last line had been cut off as well.
  if (existsSync(notes[0]!)) appendFileSync(notes[0]!, '{"name":"ma');
  const last = start(argv);
  const said = `killed after ${moments.join(", ")} ms of ${time}`;
  expect([await last.ended, last.stderr()], said).toEqual([0, ""]);
  for (const [i, path] of results.entries()) expect(readFileSync(path).equals(expected[i]!), said).toBe(true);
}

describe("killed at random moments, it goes on to the same bytes", { timeout: 400_000 }, () => {
  test("a search with training inside", async () => {
    const results = ["out.onnx", "plan.json", "report.json"].map((name) => at("search", name));
    const [out, plan, report] = results as [string, string, string];
    const notes = [at("search", "journal.jsonl"), at("search", "state.bin")];
    mkdirSync(at("search"));
    const argv = [
      ...["run", mlp, "-o", out, "--plan", plan, "--report", report, "--max-drop", "5%", ...data, "--threads", "1"],
      // Few widths, so that few networks are trained.
      ...["--round-to", "64", "--recover", "finetune:batchSize=4", "--epochs", "2"],
      ...["--journal", notes[0]!, "--checkpoint", notes[1]!],
    ];
    await killed(results, argv, notes);
    const tries = json<FullReport>(report).search!.tries;
    const lines = readFileSync(notes[0]!, "utf8").trimEnd().split("\n");
    expect(lines.length).toBe(3 + tries.length);

    const other = await prune(...argv, "--seed", "3");
    expect(other).toMatchObject({ code: 1, stderr: `prune: ${notes[1]} is the checkpoint of another run; what differs: --seed (none there, 3 here). Delete it, or give another file.\n` }); // prettier-ignore
  });

  test("sensitivity", async () => {
    const [report, journal] = [at("curves.json"), at("curves.jsonl")];
    const argv = ["sensitivity", mlp, "--eval", at("images.npz"), "--report", report, "--journal", journal];
    await killed([report], argv, [journal]);
    const { groups } = json<SensitivityReport>(report);
    const points = groups.flatMap((g) => g.points);
    expect(readFileSync(journal, "utf8").trimEnd().split("\n")).toHaveLength(2 + points.length);
    // What the journal knows is not measured again.
    writeFileSync(journal, readFileSync(journal, "utf8").replace(/("name":"original","value":)[\d.]+/, "$10.125"));
    expect((await prune(...argv)).code).toBe(0);
    expect(json<SensitivityReport>(report).baseline).toBe(0.125);
  });
});
