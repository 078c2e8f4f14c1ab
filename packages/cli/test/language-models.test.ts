import { readFileSync, writeFileSync } from "node:fs";
import { loadOnnx } from "@prune/backend-onnx/node";
import type { FullReport } from "@prune/report";
import { beforeAll, describe, expect, test } from "vitest";
import { decoder, DECODER } from "../../backend-onnx/test/decoder.ts";
import { json, prune, temporaryFolder } from "./command.ts";
import { write } from "./models.ts";
import { bytesOf, npy, npz } from "./npy.ts";

const at = temporaryFolder();
const KEEP = [2, 3, 5, 8, 13, 16];

/** Texts of 8 tokens out of a list, with the next ones as labels. */
function texts(path: string, tokens: readonly number[]): string {
  const [count, length] = [12, 8];
  const id = (text: number, i: number): number => tokens[(3 * i + text * text + i * text) % tokens.length]!;
  const int64 = (make: (text: number, i: number) => number): Uint8Array =>
    npy("<i8", [count, length], bytesOf(BigInt64Array.from({ length: count * length }, (_, k) => BigInt(make(Math.floor(k / length), k % length))))); // prettier-ignore
  const arrays = { input_ids: int64(id), labels: int64((text, i) => id(text, i + 1)), attention_mask: int64(() => 1), position_ids: int64((_, i) => i) }; // prettier-ignore
  writeFileSync(path, npz(arrays));
  return path;
}

beforeAll(async () => {
  await write(decoder(), at("lm.onnx"));
  await write(decoder({ cache: "pairs" }), at("cached.onnx"));
  texts(
    at("all.npz"),
    Array.from({ length: DECODER.tokens }, (_, i) => i),
  );
  texts(at("some.npz"), KEEP);
  writeFileSync(at("tokens.txt"), "16\n2\n3\n5\n8\n13\n");
});

test("perplexity of texts, before and after", async () => {
  const argv = ["run", at("lm.onnx"), "-o", at("half.onnx"), "--target", "macs=0.7", "--calib", at("all.npz"), "--eval", at("all.npz")]; // prettier-ignore
  const { code, stdout, stderr } = await prune(...argv, "--metric", "perplexity", "--report", at("half.json"));
  expect([code, stderr]).toEqual([0, ""]);
  const { metric } = json<FullReport>(at("half.json")).evaluation!;
  // Of 17 tokens, an untrained network knows next to nothing.
  expect(metric).toMatchObject({ name: "perplexity" });
  for (const value of [metric!.before, metric!.after]) expect(value).toBeGreaterThan(10);
  expect(stdout).toContain("perplexity");
});

test("what a search may drop is said of what should be large", async () => {
  const { code, stderr } = await prune("run", at("lm.onnx"), "-o", at("x.onnx"), "--max-drop", "1%", "--eval", at("all.npz"), "--metric", "perplexity"); // prettier-ignore
  expect(code).toBe(2);
  expect(stderr).toContain('of metric "perplexity" less is better');
});

test("inputs and outputs that became narrower are told", async () => {
  const { code, stdout } = await prune("run", at("cached.onnx"), "-o", at("heads.onnx"), "--sparsity", "0.34", "--ignore", "*mlp*"); // prettier-ignore
  expect(code).toBe(0);
  expect(stdout).toContain(
    "past_key_values.0.key and 3 more: input of [batch, 3, past, 16] is [batch, 2, past, 16] now.",
  );
  const { graph } = await loadOnnx(at("heads.onnx"));
  expect(graph.outputs.map((v) => v.dims?.[1])).toEqual(["sequence", 2, 2, 2, 2]);
});

test("--ignore keeps caches as they are", async () => {
  const { code, stdout, stderr } = await prune("run", at("cached.onnx"), "-o", at("kept.onnx"), "--sparsity", "0.34", "--ignore", "present.0.*"); // prettier-ignore
  expect([code, stderr]).toEqual([0, ""]);
  expect(stdout).toContain("is ignored by option");
  const { graph } = await loadOnnx(at("kept.onnx"));
  expect(graph.outputs.map((v) => v.dims?.[1])).toEqual(["sequence", 3, 3, 2, 2]);
});

describe("--type vocabulary", () => {
  test("keeps the tokens of a list, and writes which they were", async () => {
    const argv = ["run", at("lm.onnx"), "-o", at("small.onnx"), "--type", "vocabulary", "--keep-tokens", at("tokens.txt")]; // prettier-ignore
    const files = ["--plan", at("plan.json"), "--report", at("report.json"), "--eval", at("some.npz"), "--metric", "perplexity"]; // prettier-ignore
    const { code, stdout, stderr } = await prune(...argv, ...files);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toContain('6 of 17 tokens stay, counted anew from 0 in the order of their ids: "input_ids" takes the new ones.'); // prettier-ignore
    expect(stdout).toContain("Verified: equals the original");
    expect(readFileSync(at("small.tokens.txt"), "utf8")).toBe("2\n3\n5\n8\n13\n16\n");
    const { evaluation, settings } = json<FullReport>(at("report.json"));
    expect(settings).toMatchObject({ type: "vocabulary", keepTokens: at("tokens.txt") });
    // Tokens that cannot come any more take no share.
    expect(evaluation!.metric!.after).toBeLessThan(evaluation!.metric!.before);
  });

  test("a plan replays, and is verified", async () => {
    expect(await prune("apply", at("lm.onnx"), at("plan.json"), "-o", at("again.onnx"))).toMatchObject({ code: 0 });
    expect(readFileSync(at("again.onnx"))).toEqual(readFileSync(at("small.onnx")));
    expect(readFileSync(at("again.tokens.txt"))).toEqual(readFileSync(at("small.tokens.txt")));
    expect(await prune("verify", at("lm.onnx"), at("again.onnx"), at("plan.json"))).toMatchObject({ code: 0 });
  });

  test("texts with tokens that are gone are an error", async () => {
    const argv = ["run", at("lm.onnx"), "-o", at("y.onnx"), "--type", "vocabulary", "--keep-tokens", at("tokens.txt")];
    const { code, stderr } = await prune(...argv, "--eval", at("all.npz"), "--metric", "perplexity");
    expect(code).toBe(1);
    expect(stderr).toMatch(/Input "input_ids" holds token \d+, which is not in the pruned vocabulary/);
  });

  test("usage", async () => {
    const run = async (...argv: string[]): Promise<string> => {
      const { code, stderr } = await prune("run", at("lm.onnx"), "-o", at("z.onnx"), ...argv);
      return `${code}: ${stderr}`;
    };
    expect(await run("--type", "vocabulary")).toContain("2: prune: --type vocabulary keeps the tokens of a list: give --keep-tokens FILE"); // prettier-ignore
    expect(await run("--keep-tokens", at("tokens.txt"), "--sparsity", "0.5")).toContain("--type neuron does not go by --keep-tokens"); // prettier-ignore
    expect(await run("--type", "vocabulary", "--keep-tokens", at("tokens.txt"), "--sparsity", "0.5")).toContain("--type vocabulary does not go by --sparsity"); // prettier-ignore
    writeFileSync(at("wide.txt"), "1\n17\n");
    expect(await run("--type", "vocabulary", "--keep-tokens", at("wide.txt"))).toContain("2: prune: Option keep lists token 17; the model's vocabulary has 17 tokens"); // prettier-ignore
    writeFileSync(at("twice.txt"), "1\n1\n");
    expect(await run("--type", "vocabulary", "--keep-tokens", at("twice.txt"))).toContain("lists token 1 twice");
    expect(await run("--type", "vocabulary", "--keep-tokens", at("lm.onnx"))).toContain("is no token id");
  });
});
