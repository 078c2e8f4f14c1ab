import { type Graph, nodeOf } from "@prune/core";
import { expect, test } from "vitest";
import { onnxruntimeNode, ortRuntime, workerOrt } from "../src/node/index.ts";

const side = 700;

/** Many products of square matrices one after another: about a second of work in one run. */
function heavy(): Graph {
  const matrix = (name: string) => ({ name, dtype: "float32", dims: [side, side] }) as const;
  const names = Array.from({ length: 40 }, (_, i) => `m${i}`);
  return {
    name: "heavy",
    nodes: names.map((name, i) => nodeOf("MatMul", [names[i - 1] ?? "x", "x"], [name])),
    inputs: [matrix("x")],
    outputs: [matrix(names.at(-1)!)],
    parameters: new Map(),
    opsets: new Map([["", 17]]),
  };
}

/** The longest time for which nothing else was done while the graph ran once, as a share of the run. */
async function blockedShare(background: boolean): Promise<number> {
  const runtime = ortRuntime(onnxruntimeNode, { background: workerOrt() });
  const session = await runtime.open(heavy(), { background, threads: 1 });
  const x = { dtype: "float32", dims: [side, side], data: new Float32Array(side * side) } as const;
  await session.run({ x });
  let last = performance.now();
  const start = last;
  let longest = 0;
  const timer = setInterval(() => {
    longest = Math.max(longest, performance.now() - last);
    last = performance.now();
  }, 1);
  await session.run({ x });
  clearInterval(timer);
  const end = performance.now();
  await session.release();
  return Math.max(longest, end - last) / (end - start);
}

test("a run in the background leaves the event loop free, others do not", { timeout: 60_000 }, async () => {
  expect(await blockedShare(true)).toBeLessThan(0.5);
  expect(await blockedShare(false)).toBeGreaterThan(0.9);
});
