import {
  cholesky,
  cutOf,
  evidenceOf,
  inverseOf,
  multiply,
  rangesOf,
  type HessianEvidence,
  type MaskRule,
} from "@prune/core";
import { checkScorer, analyzeNetwork, Network } from "@prune/core/testing";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { contextOf, dense } from "../test/dense.ts";
import { draw, lossOf, moments } from "../test/draw.ts";
import { eliminate } from "./eliminate.ts";
import { obs } from "./obs.ts";

/** Keeps one of two neighbours. */
const oneOfTwo: MaskRule = {
  columns: 2,
  apart: true,
  choose: ({ scores }) => Uint8Array.from(scores, (s, i) => (s > scores[i ^ 1]! || (s === scores[i ^ 1]! && i % 2 === 0) ? 1 : 0)), // prettier-ignore
};

/** The lower half of every range leaves. */
const lowerHalf: MaskRule = {
  columns: 1,
  apart: false,
  choose: ({ scores }) => {
    const limit = Float64Array.from(scores).sort()[scores.length >> 1]!;
    return Uint8Array.from(scores, (s) => (s >= limit ? 1 : 0));
  },
};

const exact = obs({ damping: 0 });
const H = [2, 1, 1, 1]; // its inverse is [[1, −1], [−1, 2]]

describe("by hand, with H = [[2, 1], [1, 1]]", () => {
  test("a weight costs w² over its place on the diagonal of the inverse", async () => {
    const { analysis, layer } = await dense([[3, 4]]);
    const scores = await exact.scoreWeights!(layer, contextOf(analysis, [H]));
    expect(scores[0]).toBeCloseTo(9 / 1, 5);
    expect(scores[1]).toBeCloseTo(16 / 2, 5);
  });

  test("the first column is judged with the second free, the second with the first settled; the rest makes up", async () => {
    const { analysis, layer } = await dense([[1, 4]]);
    const context = contextOf(analysis, [H]);
    // U = [[1, −1], [0, 1]]: scores 1/1 and 16/1, so that 1 leaves; 4 gets −(1/1)·(−1) more.
    const mask = await exact.maskWeights!(layer, oneOfTwo, context);
    expect([...mask]).toEqual([0, 1]);
    const outcome = { cut: cutOf(analysis, new Map()), edits: { masks: new Map([["a.weight", mask]]) } };
    const { values, notes } = await exact.compensate!(outcome, context);
    expect([...values.get("a.weight")!].map((w) => w.toFixed(5))).toEqual(["0.00000", "5.00000"]);
    expect(notes).toEqual({ layers: 1, damping: 0 });
  });

  test("what the original yields, which takes runs of it too, is gathered only for weights that are refined", async () => {
    const { analysis } = await dense([[1, 4]]);
    const context = contextOf(analysis, [H]);
    const { after, ...evidence } = context.evidence.get("hessian");
    let asked = 0;
    const counting: HessianEvidence = {
      ...evidence,
      after: (...change) => {
        const changing = after(...change);
        return { ...changing, withTargets: (...of) => (asked++, changing.withTargets(...of)) };
      },
    };
    const outcome = { cut: cutOf(analysis, new Map()), edits: { masks: new Map([["a.weight", Uint8Array.of(0, 1)]]) } };
    for (const refine of [0, 1]) {
      const own = { ...context, evidence: evidenceOf({ hessian: counting }) };
      const { values } = await obs({ damping: 0, refine }).compensate!(outcome, own);
      // Least squares: (1·H₀₁ + 4·H₁₁) / H₁₁ = 5.
      expect([...values.get("a.weight")!].map((w) => w.toFixed(5))).toEqual(["0.00000", "5.00000"]);
      expect(asked).toBe(refine);
    }
  });

  test("an input that was never active costs nothing", async () => {
    const { analysis, layer } = await dense([[1, 9]]);
    const context = contextOf(analysis, [[1, 0, 0, 0]]);
    expect([...(await exact.scoreWeights!(layer, context))]).toEqual([1, 0]);
    expect([...(await exact.maskWeights!(layer, oneOfTwo, context))]).toEqual([1, 0]);
  });
});

test("units: the column sum over the inverse's diagonal, in the layers that read them, as the units before left these", async () => {
  const net = new Network();
  const hidden = net.relu(net.gemm("a", net.input("x", ["batch", 3]), 2));
  const weight = net.weight("b.weight", [2, 2], [3, 4, 1, 2]);
  const y = net.op("Gemm", [hidden, weight], { transB: 1 }, ([n] = []) => [n!, 2]);
  const analysis = await analyzeNetwork(net, y);
  const group = analysis.groups.find((g) => g.id === "a.weight")!;
  const context = contextOf(analysis, [H]);
  const scores = await exact.score!(group, context);
  // Alone (9 + 1)/1 and (16 + 4)/2, the same; of equal ones the later leaves. Then the first is (5, 2), with H = [2].
  expect(scores[1]).toBeCloseTo(10, 4);
  expect(scores[0]).toBeCloseTo((25 + 4) * 2, 4);
  // Without the second unit, the first takes W_:1·H_10/H_00 = W_:1/2 more.
  const outcome = { cut: cutOf(analysis, new Map([[group, Uint8Array.of(0, 1)]])), edits: {} };
  const { values } = await exact.compensate!(outcome, context);
  expect([...values.get("b.weight")!].map((w) => w.toFixed(4))).toEqual(["5.0000", "0.0000", "2.0000", "0.0000"]);
});

describe("laws", () => {
  const size = fc.integer({ min: 2, max: 12 });
  const check = (law: (n: number, seed: number) => Promise<void>): Promise<void> =>
    fc.assert(fc.asyncProperty(size, fc.integer(), law), { numRuns: 40 });

  test("columns removed together end where removing them one by one does", () =>
    check(async (n, seed) => {
      const h = moments(n, seed);
      const gone = Uint8Array.from(draw(n, seed + 1), (v, i) => (v > 0 && i > 0 ? 1 : 0));
      const [weights, steps] = [draw(3 * n, seed + 2), draw(3 * n, seed + 2)];
      await eliminate({ weights, rows: 3, moments: h, target: multiply(weights, h, 3, n, n) }, gone, { damping: 0 });
      // W −= W_:j·[H⁻¹]_j: / [H⁻¹]_jj, then row and column j leave H⁻¹ by Gaussian elimination.
      const inverse = await inverseOf((await cholesky(h, n))!, n);
      for (const j of gone.keys()) {
        if (!gone[j]) continue;
        const row = inverse.slice(j * n, (j + 1) * n);
        for (const matrix of [steps, inverse]) {
          for (let at = 0; at < matrix.length; at += n) {
            const factor = matrix[at + j]! / row[j]!;
            for (let k = 0; k < n; k++) matrix[at + k]! -= factor * row[k]!;
          }
        }
      }
      weights.forEach((w, i) => expect(w).toBeCloseTo(steps[i]!, 6));
    }));

  test("a mask's weights, made up for, cost less than the same without it; what the mask takes stays zero", () =>
    check(async (n, seed) => {
      const rows = [0, 1].map((r) => [...draw(n, seed + r)].map(Math.fround));
      const { analysis, layer } = await dense(rows);
      const h = moments(n, seed + 9);
      const context = contextOf(analysis, [[...h]]);
      const mask = await obs().maskWeights!(layer, lowerHalf, context);
      const outcome = { cut: cutOf(analysis, new Map()), edits: { masks: new Map([["a.weight", mask]]) } };
      const { values } = await obs().compensate!(outcome, context);
      const before = Float64Array.from(rows.flat());
      const after = Float64Array.from(values.get("a.weight") ?? before);
      after.forEach((w, i) => expect(mask[i] || w === 0).toBeTruthy());
      expect(lossOf(after, before, h, n)).toBeLessThanOrEqual(lossOf(before.map((w, i) => w * mask[i]!), before, h, n) + 1e-6); // prettier-ignore
    }));

  test("a matrix of rank one never fails", () =>
    check(async (n, seed) => {
      const x = draw(n, seed);
      const { analysis, layer } = await dense([[...draw(n, seed + 1)]]);
      const context = contextOf(analysis, [[...multiply(x, x, n, 1, n)]]);
      const scores = await obs({ damping: 0 }).scoreWeights!(layer, context);
      expect(scores.every((s) => Number.isFinite(s) && s >= 0)).toBe(true);
    }));
});

test("ranges hold whole groups and end with a kernel position", () => {
  expect(rangesOf({ features: 5, kernel: 2 }, { columns: 2, apart: false }, 4)).toEqual([[0, 4], [4, 7], [7, 10]]); // prettier-ignore
  expect(rangesOf({ features: 3, kernel: 2 }, { columns: 2, apart: true }, 128)).toEqual([[0, 2], [2, 3], [3, 5], [5, 6]]); // prettier-ignore
});

test("options out of range are refused", () => {
  expect(() => obs({ damping: -1 })).toThrow("Option damping must be a number from 0, got -1.");
  expect(() => obs({ select: -1 })).toThrow("Option select must be a whole number from 0, got -1.");
  expect(() => obs({ refine: 1.5 })).toThrow("Option refine must be a whole number from 0, got 1.5.");
});

test("keeps the laws of a scorer", async () => {
  expect(await checkScorer(obs())).toEqual([]);
});
