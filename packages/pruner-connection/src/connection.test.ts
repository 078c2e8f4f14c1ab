import { toFloat32, type Analysis, type Scorer, type Target } from "@prune/core";
import { analyzeNetwork, Network, pruneContext } from "@prune/core/testing";
import { describe, expect, test } from "vitest";
import { connection, type ConnectionOptions } from "./connection.ts";

const magnitude: Scorer = {
  name: "magnitude",
  needs: [],
  scoreWeights: ({ tensor }) => toFloat32(tensor).map(Math.abs),
};

/** 4 → 8 → 2, with weights 1, 2, 3, … in the first layer and hundredths of that in the second. */
async function twoLayers(): Promise<Analysis> {
  const net = new Network();
  const dense = (name: string, x: string, rows: number, columns: number, scale: number): string => {
    const values = Array.from({ length: rows * columns }, (_, i) => (i + 1) * scale);
    const weight = net.weight(name, [rows, columns], values);
    return net.op("Gemm", [x, weight], { transB: 1 }, ([n] = []) => [n!, rows]);
  };
  const hidden = net.relu(dense("a", net.input("x", ["batch", 4]), 8, 4, 1));
  return analyzeNetwork(net, dense("b", hidden, 2, 8, 0.01));
}

async function zerosOf(
  options: ConnectionOptions,
  target: Target,
  scorer = magnitude,
): Promise<Record<string, number>> {
  const { masks } = await connection(options).decide(pruneContext(await twoLayers(), target, scorer));
  return Object.fromEntries([...masks!].map(([name, mask]) => [name, mask.filter((m) => m === 0).length]));
}

test("uniform: every layer loses the same fraction, smallest weights first", async () => {
  const { masks } = await connection().decide(pruneContext(await twoLayers(), { sparsity: 0.25 }, magnitude));
  expect(masks!.get("a")!.join("")).toBe("00000000" + "1".repeat(24));
  expect(masks!.get("b")!.join("")).toBe("0000" + "1".repeat(12));
});

test("global: all weights compete", async () => {
  expect(await zerosOf({ allocation: "global" }, { sparsity: 0.25 })).toEqual({ b: 12 });
});

test("erk: layers keep in proportion to (rows + columns) / (rows · columns)", async () => {
  // Raw densities 12/32 and 10/16: of 24 weights 24·(12/22) ≈ 13.1 and 10.9 stay.
  expect(await zerosOf({ allocation: "erk" }, { sparsity: 0.5 })).toEqual({ a: 19, b: 6 });
  // At 10 % the second would keep more than it has: it stays whole, and the first gives all five.
  expect(await zerosOf({ allocation: "erk" }, { sparsity: 0.1 })).toEqual({ a: 5 });
});

test("lamp: scales do not count, and every layer keeps a weight", async () => {
  const found = await zerosOf({ allocation: "lamp" }, { sparsity: 0.9 });
  expect(found["a"]! + found["b"]!).toBe(44);
  expect(found["a"]).toBeLessThan(32);
  expect(found["b"]).toBeLessThan(16);
});

test("params: non-zero parameters come down to the share", async () => {
  const found = await zerosOf({}, { budget: "params", ratio: 0.5 });
  expect(found["a"]! + found["b"]!).toBe(24);
});

test("maxSparsity bounds what a layer loses; the others lose the rest", async () => {
  expect(await zerosOf({ allocation: "global", maxSparsity: 0.5 }, { sparsity: 0.25 })).toEqual({ a: 4, b: 8 });
});

test("2:4 leaves two of four neighbours", async () => {
  const { masks } = await connection({ pattern: "2:4" }).decide(pruneContext(await twoLayers(), { sparsity: 0.5 }, magnitude)); // prettier-ignore
  expect(masks!.get("a")!.join("")).toBe("0011".repeat(8));
});

test("a layer that is ignored stays as it is", async () => {
  const net = new Network();
  const y = net.gemm("b", net.relu(net.gemm("a", net.input("x", ["batch", 4]), 4)), 4);
  const analysis = { ...(await analyzeNetwork(net, y)), ignored: ({ tensor }: { tensor: { name: string } }) => tensor.name === "a.weight" }; // prettier-ignore
  const { masks } = await connection().decide(pruneContext(analysis, { sparsity: 0.5 }, magnitude));
  expect([...masks!.keys()]).toEqual(["b.weight"]);
  const none = { ...analysis, ignored: () => true };
  await expect(connection().decide(pruneContext(none, { sparsity: 0.5 }, magnitude))).rejects.toMatchObject({
    code: "nothing-to-prune",
  });
});

test("a scorer's own masks win over its importances", async () => {
  const own: Scorer = { ...magnitude, maskWeights: ({ tensor }) => Promise.resolve(toFloat32(tensor).map((w) => (w > 0.105 ? 1 : 0))).then((m) => Uint8Array.from(m)) }; // prettier-ignore
  expect(await zerosOf({}, { sparsity: 0.25 }, own)).toEqual({ a: 0, b: 10 });
});

describe("errors", () => {
  test.each([
    [
      { pattern: "2:4", allocation: "erk" },
      "Option allocation must be left out: pattern 2:4 says what every layer loses, got erk.",
    ],
    [
      { pattern: "2:4", over: "row" },
      "Option over must be left out: pattern 2:4 says what every layer loses, got row.",
    ],
    [{ maxSparsity: 1 }, "Option maxSparsity must be a fraction between 0 and 1, got 1."],
    [{ over: "column" }, "Option over must be row or layer, got column."],
    [{ allocation: "owl" }, "Option allocation must be uniform, erk, global, lamp, got owl."],
  ] as const)("%j", (options, message) => {
    expect(() => connection(options as ConnectionOptions)).toThrow(message);
  });

  test.each([
    [{}, { budget: "macs", ratio: 0.5 }, "Option target must be sparsity or params for connections"],
    [{ pattern: "2:4" }, { sparsity: 0.6 }, "Option target must be sparsity 0.5, which pattern 2:4 has by itself"],
    [
      { maxSparsity: 0.5 },
      { sparsity: 0.75 },
      "Target sparsity=0.75 cannot be reached; the closest is sparsity=0.5000.",
    ],
    [
      { maxSparsity: 0.5 },
      { budget: "params", ratio: 0.25 },
      "Target params=0.25 cannot be reached; the closest is params=0.5000.",
    ],
  ] as const)("%j, %j", async (options, target, message) => {
    await expect(zerosOf(options, target)).rejects.toThrow(message);
  });

  test("a scorer that knows no single weights", async () => {
    const units: Scorer = { name: "units", needs: [], score: ({ size }) => new Float32Array(size) };
    await expect(zerosOf({}, { sparsity: 0.5 }, units)).rejects.toThrow(
      'Scorer "units" does not score single weights.',
    );
  });
});
