import { expect, test } from "vitest";
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
