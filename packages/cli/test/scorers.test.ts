import { expect, test } from "vitest";
import type { FullReport } from "../src/actions/full-report.ts";
import { fixture, json, prune, temporaryFolder } from "./command.ts";

const at = temporaryFolder();

const SPECS = [
  ...["l2", "weight", "bn-scale", "lamp", "fpgm", "relative:over=output"],
  ...["activation", "contribution", "contribution:relative=output", "wanda", "ria", "ria:power=2", "apoz"],
  ...["entropy", "entropy:remove=highest", "entropy:bins=32", "entropy:range=channel"],
];

interface Plan {
  readonly axes: readonly { readonly keep: readonly number[] }[];
}

test("every scorer and option prunes a trained network, and each decides otherwise", { timeout: 120_000 }, async () => {
  const decisions = new Map<string, string>();
  for (const scorer of SPECS) {
    const { code, stderr } = await prune(
      ...["run", fixture("fashion_mlp.onnx"), "-o", at("out.onnx"), "--scorer", scorer, "--target", "macs=0.5"],
      ...["--calib", fixture("train10k.npz"), "--calib-samples", "100", "--recover", "none"],
      ...["--round-to", "1", "--plan", at("plan.json"), "--no-verify", "--quiet"],
    );
    expect([scorer, code, stderr]).toEqual([scorer, 0, ""]);
    const decision = JSON.stringify(json<Plan>(at("plan.json")).axes.map((axis) => axis.keep));
    expect([scorer, decisions.get(decision)]).toEqual([scorer, undefined]);
    decisions.set(decision, scorer);
  }
});

test("SynFlow needs no data, and rounds keep it from losing what one round loses", { timeout: 120_000 }, async () => {
  const decisions = [];
  for (const schedule of [[], ["--schedule", "exponential", "--steps", "4"]]) {
    const { code, stdout, stderr } = await prune(
      ...["run", fixture("fashion_mlp.onnx"), "-o", at("out.onnx"), "--type", "connection", "--scorer", "synflow"],
      ...["--allocation", "global", "--sparsity", "0.9", "--eval", fixture("test10k.npz"), "--json", ...schedule],
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    decisions.push(JSON.parse(stdout) as FullReport);
  }
  const [once, rounds] = decisions.map(({ evaluation }) => evaluation!.accuracy![1]);
  expect(rounds! - once!).toBeGreaterThan(0.02);
  expect(decisions.map(({ zeros }) => zeros !== undefined)).toEqual([true, true]);
});
