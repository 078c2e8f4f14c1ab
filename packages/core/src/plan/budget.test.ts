import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { analyzeNetwork } from "../testing/analyze-network.ts";
import { Network } from "../testing/network.ts";
import { allocate, type AllocateContext, type Allocation } from "./allocate.ts";
import { costModel, type Cost } from "./cost.ts";
import { cutOf } from "./cut.ts";
import type { LevelOptions } from "./levels.ts";
import type { Budget } from "./target.ts";

/** A chain of dense layers of the given widths, and what deciding about it takes. */
function chain(widths: readonly number[], budget: Budget, ratio: number): Promise<AllocateContext> {
  const net = new Network();
  let x = net.input("x", [1, 8]);
  widths.forEach((width, i) => (x = net.relu(net.gemm(`l${i}`, x, width))));
  return contextOf(net, net.gemm("last", x, 4), budget, ratio);
}

async function contextOf(net: Network, output: string, budget: Budget, ratio: number): Promise<AllocateContext> {
  const analysis = await analyzeNetwork(net, output);
  return {
    analysis,
    groups: analysis.groups.filter((g) => !g.blocked),
    costs: costModel(analysis),
    target: { budget, ratio },
    score: (g) => Promise.resolve(Float32Array.from({ length: g.size }, (_, i) => ((i * 7) % g.size) + 1)),
  };
}

interface Outcome {
  readonly widths: readonly number[];
  readonly before: Cost;
  readonly after: Cost;
}

async function decide(
  context: AllocateContext,
  options: LevelOptions,
  allocation: Allocation = "uniform",
): Promise<Outcome> {
  const removed = await allocate(context, allocation, options);
  const { analysis, costs } = context;
  const after = costs.at(cutOf(analysis, removed).countOf);
  return {
    widths: [...removed].map(([g, gone]) => g.size - gone.filter(Boolean).length),
    before: costs.original,
    after,
  };
}

describe("by hand", () => {
  test("one width: the largest that fits", async () => {
    // 8·w + w·4 = 12 w of 12·100 MACs
    const { widths } = await decide(await chain([100], "macs", 0.5), { roundTo: 1 });
    expect(widths).toEqual([50]);
    expect((await decide(await chain([100], "macs", 0.5), { roundTo: 16 })).widths).toEqual([48]);
  });

  test("params and bytes count the biases too", async () => {
    // 8 w + w + 4 w + 4 of 1304, four bytes each: at most 652, so 13 w ≤ 648
    for (const budget of ["params", "bytes"] as const)
      expect((await decide(await chain([100], budget, 0.5), { roundTo: 1 })).widths).toEqual([49]);
  });

  test("the whole network, when that is within the budget", async () => {
    expect((await decide(await chain([32, 32], "macs", 1), {})).widths).toEqual([32, 32]);
  });

  test("auto keeps to multiples of 16 while they spread the loss and come close", async () => {
    // Twelve layers of 128: 12·128 + 11·128² = 181,760 MACs.
    const { widths, before, after } = await decide(await chain(Array<number>(12).fill(128), "macs", 0.5), {});
    expect(widths.every((w) => w % 16 === 0 || w % 8 === 0)).toBe(true);
    expect(widths.filter((w) => w % 16).length).toBeLessThanOrEqual(1);
    expect(after.macs).toBeGreaterThan(0.49 * before.macs);
  });

  test("auto takes finer steps where multiples of 16 would leave narrow layers whole", async () => {
    const { widths, before, after } = await decide(await chain([16, 16, 16, 16], "macs", 0.5), {});
    expect(widths.filter((w) => w < 16).length).toBeGreaterThanOrEqual(3);
    expect(after.macs / before.macs).toBeGreaterThan(0.4);
  });

  test("auto takes finer steps where wide layers would have to lose much more in place of narrow ones", async () => {
    // Three convolutions of 16 channels, which do most of the work, and seven dense layers of 64.
    const net = new Network();
    let x = net.input("x", [1, 8, 8, 8]);
    for (let i = 0; i < 3; i++) x = net.relu(net.conv(`c${i}`, x, 16));
    x = net.op("Flatten", [net.pool(x)], {}, () => [1, 16]);
    for (let i = 0; i < 7; i++) x = net.relu(net.gemm(`l${i}`, x, 64));
    const { widths, after, before } = await decide(await contextOf(net, net.gemm("last", x, 4), "macs", 0.7), {});
    expect(Math.min(...widths.slice(0, 3))).toBeLessThan(16);
    expect(Math.min(...widths.slice(3))).toBeGreaterThanOrEqual(32);
    expect(after.macs / before.macs).toBeGreaterThan(0.69);
  });
});

const networks = fc.array(fc.integer({ min: 5, max: 70 }), { minLength: 1, maxLength: 5 });
const budgets = fc.constantFrom<Budget>("macs", "params", "bytes");
const allocations = fc.constantFrom<Allocation>("uniform", "global");
const percent = fc.integer({ min: 30, max: 99 }).map((n) => n / 100);

test("law: never above the target, whatever the rounding; or the target is out of reach", async () => {
  const roundings = fc.constantFrom<LevelOptions["roundTo"]>("auto", 1, 8, 16);
  await fc.assert(
    fc.asyncProperty(
      networks,
      budgets,
      allocations,
      percent,
      roundings,
      async (widths, budget, allocation, ratio, roundTo) => {
        const context = await chain(widths, budget, ratio);
        const smallest = roundTo === undefined ? {} : { roundTo };
        const outcome = await decide(context, smallest, allocation).catch((error: unknown) => {
          expect(error).toMatchObject({ code: "target-unreachable" });
        });
        if (outcome) expect(outcome.after[budget]).toBeLessThanOrEqual(ratio * outcome.before[budget] + 1e-6);
      },
    ),
    { numRuns: 60 },
  );
});

test("law: within 1 % below the target where single channels of many layers can go", async () => {
  const plenty = fc.array(fc.integer({ min: 48, max: 96 }), { minLength: 4, maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(plenty, budgets, allocations, percent, async (widths, budget, allocation, ratio) => {
      const { before, after } = await decide(await chain(widths, budget, ratio), { roundTo: 1 }, allocation);
      expect(after[budget]).toBeLessThanOrEqual(ratio * before[budget] + 1e-6);
      expect(after[budget]).toBeGreaterThanOrEqual(0.99 * ratio * before[budget]);
    }),
    { numRuns: 40 },
  );
});
