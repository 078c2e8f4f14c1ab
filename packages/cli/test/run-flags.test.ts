import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import type { Plan } from "@prune/core";
import { beforeAll, describe, expect, test } from "vitest";
import type { Comparison } from "../src/actions/compare.ts";
import type { FullReport } from "../src/actions/full-report.ts";
import { fixture, json, prune, temporaryFolder } from "./command.ts";
import { attention, convNet, normNet, signalNet, write } from "./models.ts";
import { bytesOf, npy, npz } from "./npy.ts";

const at = temporaryFolder();

beforeAll(async () => {
  await write(convNet(), at("conv.onnx"));
  await write(normNet(), at("norm.onnx"));
  await write(attention(), at("attention.onnx"));
  await write(signalNet(), at("signal.onnx"));
});

/** Runs with some flags; the numbers of units kept, by group, and the report. */
async function run(
  model: string,
  ...flags: string[]
): Promise<{ kept: Record<string, number>; report: FullReport; stderr: string }> {
  const { code, stdout, stderr } = await prune(
    "run",
    at(model),
    "-o",
    at("out.onnx"),
    "--plan",
    at("plan.json"),
    "--json",
    ...flags,
  );
  expect(code, stderr).toBe(0);
  const { groups } = json<Plan>(at("plan.json"));
  return {
    kept: Object.fromEntries(groups.map((g) => [g.id, g.kept])),
    report: JSON.parse(stdout) as FullReport,
    stderr,
  };
}

const keptIndices = (): unknown => json<Plan>(at("plan.json")).axes;

describe("every flag does something", () => {
  test.each(["macs", "params", "bytes"] as const)("--target %s", async (name) => {
    const { report } = await run("conv.onnx", "--target", `${name}=0.6`, "--round-to", "1");
    const ratio = report.after[name] / report.before[name];
    expect(ratio).toBeLessThanOrEqual(0.6);
    expect(ratio).toBeGreaterThan(0.5);
  });

  test("--sparsity", async () => {
    expect((await run("conv.onnx", "--sparsity", "0.5")).kept).toEqual({ "a.weight": 8, "b.weight": 16 });
    expect((await run("conv.onnx", "--sparsity", "0.25", "--round-to", "1")).kept).toEqual({
      "a.weight": 12,
      "b.weight": 24,
    });
  });

  test("--round-to, --min-channels and --max-sparsity bound what groups lose", async () => {
    const most = ["--sparsity", "0.95"];
    expect((await run("conv.onnx", ...most, "--round-to", "1")).kept).toEqual({ "a.weight": 4, "b.weight": 4 });
    expect((await run("conv.onnx", ...most, "--round-to", "1", "--min-channels", "1")).kept).toEqual({
      "a.weight": 2,
      "b.weight": 4,
    });
    expect((await run("conv.onnx", ...most, "--round-to", "1", "--max-sparsity", "0.5")).kept).toEqual({
      "a.weight": 8,
      "b.weight": 16,
    });
    expect((await run("conv.onnx", ...most, "--round-to", "6")).kept).toEqual({ "a.weight": 6, "b.weight": 6 });
    expect((await run("conv.onnx", ...most, "--min-channels", "10", "--round-to", "auto")).kept).toEqual({
      "a.weight": 10,
      "b.weight": 16,
    });
  });

  test("--scorer and --seed choose which channels go", async () => {
    const plans = new Map<string, unknown>();
    const flags = [
      ["--scorer", "l1"],
      ["--scorer", "random"],
      ["--scorer", "random", "--seed", "1"],
      ["--scorer", "random:seed=1"],
    ];
    for (const given of flags) {
      await run("conv.onnx", "--sparsity", "0.5", ...given);
      plans.set(given.join(" "), keptIndices());
    }
    const [l1, seed0, seed1, option1] = [...plans.values()];
    expect(l1).not.toEqual(seed0);
    expect(seed0).not.toEqual(seed1);
    expect(seed1).toEqual(option1);
  });

  test("--allocation global lets groups compete", async () => {
    copyFileSync(fixture("fashion_mlp.onnx"), at("mlp.onnx"));
    const flags = ["--sparsity", "0.5", "--round-to", "1"];
    const uniform = Object.values((await run("mlp.onnx", ...flags, "--allocation", "uniform")).kept);
    const { kept, report } = await run("mlp.onnx", ...flags, "--allocation", "global");
    expect(report.settings?.allocation).toBe("global");
    expect(uniform).toEqual([150, 50]);
    expect(Object.values(kept)).not.toEqual(uniform);
  });

  test("--type names the pruner", async () => {
    expect((await run("conv.onnx", "--sparsity", "0.5", "--type", "neuron")).report.settings?.type).toBe("neuron");
  });

  test("--ignore keeps layers whole, by the names of nodes or weights", async () => {
    const byNode = await run("conv.onnx", "--sparsity", "0.5", "--ignore", "first/*");
    expect(byNode.kept).toEqual({ "b.weight": 16 });
    expect(byNode.report.blocked).toContainEqual({
      group: "a.weight",
      reason: "is ignored by option",
      node: 'Conv "first/Conv"',
    });
    expect((await run("conv.onnx", "--sparsity", "0.5", "--ignore", "x*", "--ignore", "b.weight")).kept).toEqual({
      "a.weight": 8,
    });
    expect((await run("conv.onnx", "--sparsity", "0.5", "--ignore", "x*")).stderr).toBe(
      "prune: --ignore x* matches no layer, weight or cache.\n",
    );
  });

  test("--width frees what is not exact, and says so", async () => {
    const exact = await run("norm.onnx", "--sparsity", "0.5");
    expect(Object.keys(exact.kept)).toEqual(["up"]);
    expect(exact.report.verification?.exact).toBe(true);
    const wide = await run("norm.onnx", "--sparsity", "0.5", "--width");
    expect(Object.keys(wide.kept).sort()).toEqual(["in", "up"]);
    expect(wide.report.verification).toMatchObject({ exact: false });
    const { stdout } = await prune("run", at("norm.onnx"), "-o", at("out.onnx"), "--sparsity", "0.5", "--width");
    expect(stdout).toContain("The cut is not exact, so it was not compared with the original.");
  });

  test("--heads chooses between heads and their channels", async () => {
    const outputsOf = (report: FullReport): number => report.layers.find((l) => l.name === "v")!.channels[1];
    const whole = await run("attention.onnx", "--sparsity", "0.5");
    const dim = await run("attention.onnx", "--sparsity", "0.5", "--heads", "dim");
    const both = await run("attention.onnx", "--sparsity", "0.5", "--heads", "both");
    expect([whole, dim, both].map((r) => outputsOf(r.report))).toEqual([16, 16, 8]);
    expect(Object.keys(whole.kept)).not.toEqual(Object.keys(dim.kept));
    const keep = await prune("run", at("attention.onnx"), "-o", at("out.onnx"), "--sparsity", "0.5", "--heads", "keep");
    expect(keep).toMatchObject({ code: 1, stderr: expect.stringContaining("Nothing was pruned") as string });
  });

  test("--dim sets the sizes that MACs are counted at", async () => {
    const macs = async (...flags: string[]): Promise<number> =>
      (await run("conv.onnx", "--sparsity", "0.5", ...flags)).report.before.macs;
    const [one, four] = [await macs("--dim", "side=8"), await macs("--dim", "side=8", "--dim", "N=4")];
    expect(one).toBe(8 * 8 * (16 * 27 + 32 * 16 * 9) + 4 * 32);
    expect(four).toBe(4 * one);
  });

  test("--allow-noop accepts that nothing was removed", async () => {
    const { report } = await run("conv.onnx", "--sparsity", "0", "--allow-noop");
    expect(report.after).toEqual(report.before);
    expect(readFileSync(at("out.onnx")).equals(readFileSync(at("conv.onnx")))).toBe(true);
  });

  test("--no-verify leaves verification out, and says so", async () => {
    expect((await run("conv.onnx", "--sparsity", "0.5", "--no-verify")).report).not.toHaveProperty("verification");
    const { stdout } = await prune("run", at("conv.onnx"), "-o", at("out.onnx"), "--sparsity", "0.5", "--no-verify");
    expect(stdout).toContain("Not verified (--no-verify).");
  });

  test("--measure times both, with as many threads as --threads says; without it nothing is timed", async () => {
    expect((await run("conv.onnx", "--sparsity", "0.5")).report).not.toHaveProperty("latency");
    const flags = ["--sparsity", "0.5", "--measure", "--threads", "1", "--dim", "side=16"];
    const { latency } = (await run("conv.onnx", ...flags)).report;
    expect(latency).toMatchObject({ threads: 1, provider: "cpu" });
    expect(latency?.runs).toBeGreaterThan(10);
    for (const { median, quartiles } of latency!.models) {
      expect(quartiles[0]).toBeGreaterThan(0);
      expect(median).toBeGreaterThanOrEqual(quartiles[0]);
      expect(median).toBeLessThanOrEqual(quartiles[1]);
    }
    const { stdout } = await prune("run", at("conv.onnx"), "-o", at("out.onnx"), ...flags);
    expect(stdout).toMatch(/^Latency \(cpu, 1 thread\) +\S+ ms +\S+ ms +[−+]?\d/m);
  });

  test("what does not run at the default sizes is timed and tried at those it was probed at", async () => {
    const { report } = await run("signal.onnx", "--target", "macs=0.5", "--measure", "--threads", "1", "--ep", "cpu");
    expect(report.latency!.models.every(({ median }) => median > 0)).toBe(true);
    const { code, stdout, stderr } = await prune("compare", at("signal.onnx"), at("signal.onnx"), "--threads", "1", "--json"); // prettier-ignore
    expect([code, stderr]).toEqual([0, ""]);
    expect((JSON.parse(stdout) as Comparison).latency.models).toHaveLength(2);
    const flags = ["--target", "latency=0.8", "--threads", "1", "--quiet"];
    const timed = await prune("run", at("signal.onnx"), "-o", at("out.onnx"), ...flags);
    expect(timed.stderr).toMatch(/^$|^prune: Target latency=0.8 cannot be reached/); // as a busy machine has it
    const [short, long] = [await run("signal.onnx", "--sparsity", "0.5", "--dim", "x[2]=512"), await run("signal.onnx", "--sparsity", "0.5", "--dim", "x[2]=1040")]; // prettier-ignore
    expect(long.report.before.macs / short.report.before.macs).toBeCloseTo(1105 / 577, 6); // frames
    const wrong = await prune("run", at("signal.onnx"), "-o", at("out.onnx"), "--sparsity", "0.5", "--dim", "x[1]=2");
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining("It has: N, x[2].")]);
  });

  test("--ep names where the result is run; one that cannot be used is passed over, and named", async () => {
    expect((await run("conv.onnx", "--sparsity", "0.5")).report).not.toHaveProperty("provider");
    expect((await run("conv.onnx", "--sparsity", "0.5", "--ep", "cpu")).report.provider).toBe("cpu");
    const { report, stderr } = await run("conv.onnx", "--sparsity", "0.5", "--ep", "warp-drive,cpu");
    expect(report.provider).toBe("cpu");
    expect(stderr).toMatch(/^prune: Execution provider "warp-drive" cannot be used: .*Using "cpu" instead\..*\n$/);
  });
});

describe("--eval", () => {
  const images = Float32Array.from({ length: 6 * 3 * 8 * 8 }, (_, i) => Math.sin(i * 1.7));
  const file = (name: string, arrays: Record<string, Uint8Array>): string => {
    writeFileSync(at(name), npz(arrays));
    return at(name);
  };
  const evaluation = async (data: string, ...flags: string[]) =>
    (await run("conv.onnx", "--sparsity", "0.5", "--eval", data, ...flags)).report.evaluation!;

  test("with labels gives accuracy before and after, and agreement", async () => {
    const x = npy("<f4", [6, 3, 8, 8], bytesOf(images));
    const { agreement, samples } = await evaluation(file("plain.npz", { x }));
    expect(samples).toBe(6);
    expect(await evaluation(file("plain.npz", { x }))).not.toHaveProperty("accuracy");
    const accuracies = await Promise.all(
      [0, 1, 2, 3].map(
        async (label) =>
          (
            await evaluation(
              file(`l${label}.npz`, {
                x,
                labels: npy("<i8", [6], bytesOf(BigInt64Array.from({ length: 6 }, () => BigInt(label)))),
              }),
            )
          ).accuracy!,
      ),
    );
    expect(accuracies.reduce((sum, [before]) => sum + before, 0)).toBeCloseTo(1);
    expect(accuracies.reduce((sum, [, after]) => sum + after, 0)).toBeCloseTo(1);
    expect(agreement).toBeGreaterThanOrEqual(0);
    const { stdout } = await prune(
      "run",
      at("conv.onnx"),
      "-o",
      at("out.onnx"),
      "--sparsity",
      "0.5",
      "--eval",
      at("l0.npz"),
    );
    expect(stdout).toMatch(/^Accuracy +\d+\.\d\d% +\d+\.\d\d% +(0|[−+]\d+\.\d\d) points$/m);
    expect(stdout).toMatch(/^Agreement +\d+\.\d\d%$/m);
  });

  test("takes an .npy file, and a lone array of any name, for a model with one input", async () => {
    const x = npy("<f4", [6, 3, 8, 8], bytesOf(images));
    writeFileSync(at("x.npy"), x);
    expect((await evaluation(at("x.npy"))).samples).toBe(6);
    expect((await evaluation(file("arr.npz", { arr_0: x }))).samples).toBe(6);
  });

  test("--scale, --mean and --std prepare the data, and are recorded", async () => {
    const pixels = file("pixels.npz", {
      x: npy(
        "|u1",
        [6, 3, 8, 8],
        Uint8Array.from(images, (v) => 128 + 100 * v),
      ),
    });
    expect((await evaluation(pixels)).scaling).toEqual({ scale: 1 / 255, mean: [0], std: [1] });
    const scaling = (await evaluation(pixels, "--scale", "1/100", "--mean", "1.28,1.28,1.28", "--std", "1")).scaling;
    expect(scaling).toEqual({ scale: 0.01, mean: [1.28, 1.28, 1.28], std: [1] });
  });

  test("data that does not fit is told so", async () => {
    const x = npy("<f4", [6, 3, 8, 8], bytesOf(images));
    const labels = npy("|u1", [5], new Uint8Array(5));
    const cases: [string, RegExp][] = [
      [file("names.npz", { a: x, b: x }), /names\.npz has no array "x", which the model takes; it has a, b\./],
      [
        file("shape.npz", { x: npy("<f4", [6, 1, 8, 8], bytesOf(images.subarray(0, 384))) }),
        /holds \[6, 1, 8, 8\] for input "x", which takes \[N, 3, side, side\]\./,
      ],
      [file("labels.npz", { x, labels }), /labels\.npz has 5 labels for 6 samples\./],
      [
        file("counted.npz", { x, labels: npy("|u1", [6], Uint8Array.of(1, 2, 3, 4, 1, 2)) }),
        /counted\.npz has label 4, of sample 3, which is none of the 4 classes of output "y": they are counted from 0\. Give/,
      ],
      [file("none.npz", { x: npy("<f4", [0, 3, 8, 8], new Uint8Array()) }), /none\.npz has no samples\./],
    ];
    for (const [data, message] of cases) {
      const { code, stderr } = await prune(
        "run",
        at("conv.onnx"),
        "-o",
        at("never.onnx"),
        "--sparsity",
        "0.5",
        "--eval",
        data,
      );
      expect(code).toBe(1);
      expect(stderr).toMatch(message);
    }
    const [counted] = cases.at(-2)!;
    const trained = await prune("run", at("conv.onnx"), "-o", at("never.onnx"), "--sparsity", "0.5", "--calib", counted, "--recover", "finetune"); // prettier-ignore
    expect(trained.stderr).toContain("counted.npz has label 4");
    // Where labels are not classes, or nothing reads them, they are left alone.
    const divergence = await prune("compare", at("conv.onnx"), at("conv.onnx"), "--eval", counted, "--metric", "divergence"); // prettier-ignore
    expect(divergence.code).toBe(0);
  });

  test("feeds a model of fixed batch size as it wants", async () => {
    await write(convNet([4, 3, 8, 8]), at("fixed.onnx"));
    const data = file("six.npz", { x: npy("<f4", [6, 3, 8, 8], bytesOf(images)) });
    const { report } = await run("fixed.onnx", "--sparsity", "0.5", "--eval", data);
    expect(report.evaluation).toMatchObject({ samples: 6, agreement: (await evaluation(data)).agreement });
    const few = file("two.npz", { x: npy("<f4", [2, 3, 8, 8], bytesOf(images.subarray(0, 384))) });
    const { stderr } = await prune("run", at("fixed.onnx"), "-o", at("never.onnx"), "--sparsity", "0.5", "--eval", few);
    expect(stderr).toContain("two.npz has 2 samples; the model takes 4 at a time.");
  });
});

describe("--type layer", () => {
  test("takes out blocks, by any ranking, with data and without", async () => {
    const { report } = await run(
      "norm.onnx",
      "--type",
      "layer",
      "--sparsity",
      "0.9",
      "--rank",
      "sum",
      "--scorer",
      "l1",
    );
    expect(report.notes?.summary?.[0]).toBe("1 of 1 removable blocks left: up.");
    expect(report.settings).toMatchObject({ type: "layer", scorer: "l1", rank: "sum", target: { sparsity: 0.9 } });
    expect(json<Plan>(at("plan.json"))).toMatchObject({ replace: [{ value: "s", by: "h" }] });
    writeFileSync(at("x.npy"), npy("<f4", [6, 8], bytesOf(Float32Array.from({ length: 48 }, (_, i) => Math.sin(i)))));
    const data = ["--calib", at("x.npy"), "--recover", "none", "--blocks", "branch"];
    const other = await run("norm.onnx", "--type", "layer", "--target", "macs=0.9", "--rank", "influence", ...data);
    expect(other.report.notes).toMatchObject({
      blocks: [{ scores: { sum: expect.any(Number) as number, influence: expect.any(Number) as number } }],
    });
  });
});

describe("--type weight", () => {
  test("goes by what is zero, and takes no target", async () => {
    const { kept, report } = await run("conv.onnx", "--type", "weight", "--percentile", "30");
    expect(kept).toEqual({});
    expect(report.settings).toEqual({ type: "weight", target: {}, seed: 0, percentile: 30 });
    expect(report.verification).toMatchObject({ lossless: true });
    const { code, stdout } = await prune("run", at("conv.onnx"), "-o", at("out.onnx"), "--type", "weight", "--epsilon", "0.01"); // prettier-ignore
    expect(code).toBe(0);
    expect(stdout).toMatch(/\d+ of 5168 weights became zero, in 3 layers\.\n/);
    expect(stdout).toContain("Verified: equals the original; largest difference");
  });

  test("nothing that is zero is a failure, unless it is allowed", async () => {
    const asked = ["run", at("conv.onnx"), "-o", at("out.onnx"), "--type", "weight"];
    expect(await prune(...asked)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('"weight" found nothing to remove') as string,
    });
    expect((await prune(...asked, "--allow-noop")).code).toBe(0);
  });
});

test("--external-data puts weights into a file beside the model, which apply can do as well", async () => {
  const [out, plan, again] = [at("apart", "out.onnx"), at("apart", "plan.json"), at("again", "out.onnx")];
  for (const folder of ["apart", "again"]) mkdirSync(at(folder));
  const made = await prune("run", at("conv.onnx"), "-o", out, "--sparsity", "0.5", "--external-data", "--plan", plan, "--quiet"); // prettier-ignore
  expect([made.code, made.stderr]).toEqual([0, ""]);
  const data = expect.stringMatching(/^out-[0-9a-f]{16}\.data$/) as string;
  expect(readdirSync(at("apart")).toSorted()).toEqual([data, "out.onnx", "plan.json"]);
  expect((await prune("verify", at("conv.onnx"), out, plan)).code).toBe(0);
  expect((await prune("apply", at("conv.onnx"), plan, "-o", again, "--external-data")).code).toBe(0);
  for (const name of readdirSync(at("again"))) expect(readFileSync(at("again", name)).equals(readFileSync(at("apart", name)))).toBe(true); // prettier-ignore
  expect(readdirSync(at("again"))).toHaveLength(2);
});

test.each<[string, string[], string]>([
  ["a target with weight", ["--type", "weight", "--target", "macs=0.5"], "--type weight does not go by --target."],
  ["a scorer with weight", ["--type", "weight", "--scorer", "l1"], "--type weight does not go by --scorer."],
  [
    "widths with layer",
    ["--type", "layer", "--sparsity", "0.5", "--round-to", "8"],
    "--type layer does not go by --round-to.",
  ],
  ["a ranking with neuron", ["--sparsity", "0.5", "--rank", "mean"], "--type neuron does not go by --rank."],
  ["epsilon with neuron", ["--sparsity", "0.5", "--epsilon", "0"], "--type neuron does not go by --epsilon."],
  ["two thresholds", ["--type", "weight", "--epsilon", "0.1", "--percentile", "5"], "cannot be used with option"],
  ["a negative epsilon", ["--type", "weight", "--epsilon", "-1"], "a number from 0"],
  ["a percentile of all", ["--type", "weight", "--percentile", "100"], "above 0 and below 100"],
  [
    "influence without data",
    ["--type", "layer", "--sparsity", "0.5", "--rank", "influence"],
    "--rank influence needs samples",
  ],
  ["data with weight", ["--type", "weight", "--calib", "x.npy"], "does not go by --calib without --recover"],
  ["layer without a target", ["--type", "layer"], "Say how much"],
])("wrong usage: %s", async (_, flags, message) => {
  const { code, stderr } = await prune("run", at("norm.onnx"), "-o", at("out.onnx"), ...flags);
  expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(message) as string });
});
