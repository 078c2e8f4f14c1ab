import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { main } from "../src/main.ts";
import { markdownOf, textOf } from "../src/print.ts";
import type { Demo } from "../src/run-demo.ts";

const out = mkdtempSync(join(tmpdir(), "prune-demo-"));
afterAll(() => rmSync(out, { recursive: true, force: true }));

async function demo(...argv: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const text = { stdout: "", stderr: "" };
  const code = await main(argv, {
    stdout: { write: (part) => void (text.stdout += part) },
    stderr: { write: (part) => void (text.stderr += part) },
  });
  return { code, ...text };
}

test("prunes by three scorers to three targets, and gets accuracy back", { timeout: 600_000 }, async () => {
  const { code, stdout, stderr } = await demo("--quick", "--json", "--out", out);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const { rows, samples } = JSON.parse(stdout) as Demo;
  expect(samples).toBe(500);
  expect(rows.map((row) => [row.scorer, row.target])).toEqual([
    [undefined, undefined],
    ["random", 0.5],
    ["l2", 0.7],
    ["l2", 0.5],
    ["obs", 0.7],
    ["obs", 0.5],
    ["obs", 0.3],
  ]);
  const dense = rows[0]!;
  expect(dense.accuracy).toBeGreaterThan(0.89);
  for (const row of rows.slice(1)) {
    expect(row.macs / dense.macs).toBeLessThanOrEqual(row.target!);
    expect(row.bytes).toBe(readFileSync(join(out, row.file!)).length);
    expect(row.latency).toBeGreaterThan(0);
  }
  const retrained = rows.filter((row) => row.retrained !== undefined);
  expect(retrained.map((row) => [row.scorer, row.target])).toEqual([0.5, 0.3].map((target) => ["obs", target]));
  for (const row of retrained) {
    const byL2 = rows.find(({ scorer, target }) => scorer === "l2" && target === 0.5)!;
    for (const accuracy of [row.accuracy, row.recovered!, row.retrained!])
      expect(accuracy).toBeGreaterThan(byL2.accuracy + 0.2);
  }
  expect(JSON.parse(readFileSync(join(out, "results.json"), "utf8"))).toEqual({
    rows,
    samples,
    calibration: 500,
    training: 500,
    timing: expect.anything() as unknown,
  });
  expect(readdirSync(out).sort()).toEqual([...rows.flatMap((row) => row.file ?? []), "results.json"].sort());
});

test("a flag that is none is wrong usage", async () => {
  for (const argv of [["--fast"], ["--json", "--markdown"], ["more"]]) {
    expect(await demo(...argv)).toEqual({ code: 2, stdout: "", stderr: expect.stringContaining("Usage: ") as string });
  }
});

const small: Demo = {
  rows: [
    { macs: 1000, params: 500, bytes: 2000, latency: 2, accuracy: 0.92 },
    { scorer: "l2", target: 0.5, macs: 500, params: 200, bytes: 800, latency: 1.5, accuracy: 0.5, recovered: 0.9, retrained: 0.91, file: "a.onnx" }, // prettier-ignore
  ],
  samples: 10_000,
  calibration: 1000,
  training: 10_000,
  timing: { runs: 11, threads: 1 },
};

test("tables", () => {
  expect(markdownOf(small).split("\n").slice(0, 4)).toEqual([
    "| Network        |      MACs | Parameters |    File |       Latency | Accuracy | Recovered | Retrained |",
    "| -------------- | --------: | ---------: | ------: | ------------: | -------: | --------: | --------: |",
    "| as trained     |    1.00 k |        500 | 2.00 kB |       2.00 ms |   92.00% |           |           |",
    "| l2, MACs ≤ 0.5 | 500 (50%) |  200 (40%) |   800 B | 1.50 ms (75%) |   50.00% |    90.00% |    91.00% |",
  ]);
  expect(textOf(small)).toContain("retrained for two epochs on 10,000");
  expect(textOf(small)).toContain("10,000 test images");
});
