import {
  allocate,
  isPruneError,
  type DataSource,
  type EvidenceProvider,
  type Journal,
  type Model,
  type Pruner,
  pruneWithin,
  type PruneResult,
  type Scorer,
  type Try,
  type WithinOptions,
} from "@prune/core";
import { Network } from "@prune/core/testing";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { onnxModel, onnxruntimeNode, ortRuntime } from "../src/node/index.ts";

/** 8 → 100 → 4, without biases: as many percent of the MACs are left as hidden units. */
function hundred(): Model {
  const net = new Network();
  net.input("x", ["N", 8]);
  const h = net.op("MatMul", ["x", net.weight("up", [8, 100])], {}, [1, 100], "h");
  const r = net.op("Relu", [h], {}, [1, 100], "r");
  net.op("MatMul", [r, net.weight("down", [100, 4])], {}, [1, 4], "y");
  return onnxModel(net.graph("y"), { runtime: ortRuntime(onnxruntimeNode) });
}

const widthOf = ({ graph }: Model): number => graph.parameters.get("up")!.dims[1]!;

const pruner: Pruner = {
  name: "test",
  decide: async (context) => ({ removed: await allocate(context, "uniform", { roundTo: 1 }) }),
};
const scorer: Scorer = { name: "ones", needs: [], score: ({ size }) => new Float32Array(size).fill(1) };

/** Prunes to what is worth enough, where the worth follows from the number of hidden units. */
function within(worth: (width: number) => number, maxDrop: number, more: Partial<WithinOptions> = {}) {
  return pruneWithin(hundred(), { pruner, scorer, maxDrop, evaluate: (m) => Promise.resolve(worth(widthOf(m))), ...more }); // prettier-ignore
}

const triesOf = ({ report }: PruneResult): readonly Try[] => report.search!.tries;

describe("worth by hand", () => {
  test("a point per unit: 30 points are 30 units", async () => {
    const found = await within((w) => w / 100, 0.3);
    expect(widthOf(found.model)).toBeGreaterThanOrEqual(70);
    expect(widthOf(found.model)).toBeLessThanOrEqual(71);
    expect(found.report.search).toMatchObject({ budget: "macs", maxDrop: 0.3, baseline: 1 });
    const tries = triesOf(found);
    // [0.1, 1] → 0.55, too little → 0.775 does and leaves 77 units → (0.55 + 0.77) / 2.
    expect(tries.map((t) => t.target)).toEqual(expect.arrayContaining([0.55, 0.775, 0.66]));
    for (const { left, value, cost, within: does } of tries) {
      expect({ value, macs: cost.macs, does }).toEqual({
        value: left,
        macs: Math.round(1200 * left),
        does: left >= 0.7 - 1e-12,
      });
    }
    expect(tries.map((t) => t.target)).toEqual(tries.map((t) => t.target).sort((a, b) => b - a));
  });

  test("where everything does, it ends at what every group keeps", async () => {
    expect(widthOf((await within(() => 1, 0)).model)).toBe(10);
  });

  test("where nothing does, the error says what was measured", async () => {
    // 0.55, 0.775, 0.8875, 0.9438, 0.9719 and 0.986 leave 55, 77, 88, 94, 97 and 98 units.
    const error = await within((w) => (w === 100 ? 0.9 : w / 200), 0.01).catch((e: unknown) => e);
    expect(isPruneError(error) && error.code).toBe("target-unreachable");
    expect((error as Error).message).toBe(
      "No smaller network is worth 0.89, which is the 0.9 of the original less a drop of 0.01: measured were 0.49 at macs=0.98, 0.485 at macs=0.97, 0.47 at macs=0.94, 0.44 at macs=0.88, 0.385 at macs=0.77, 0.275 at macs=0.55. Allow a larger drop, or recover more of it.",
    );
  });

  test("a worth that dips ends beside a dip, at a network that was measured", async () => {
    const found = await within((w) => ((w >= 60 && w < 80) || w < 40 ? 0 : 1), 0);
    const width = widthOf(found.model);
    expect([40, 80]).toContain(width);
    expect(triesOf(found).find((t) => t.left === width / 100)).toMatchObject({ value: 1, within: true });
  });

  test("what adding fractions leaves is no drop", async () => {
    // 0.1 + 0.2 − 0.3 is not 0 in floating point.
    expect(widthOf((await within((w) => (w === 100 ? 0.1 + 0.2 : 0.3 - 0.1), 0.1)).model)).toBe(10);
  });

  test("options that cannot work are refused", async () => {
    await expect(within(() => 1, -1)).rejects.toThrow("Option maxDrop must be a number from 0, got -1.");
    await expect(within(() => 1, 0, { precision: 2 })).rejects.toThrow("Option precision must be a fraction between 0 and 1, got 2."); // prettier-ignore
    await expect(within(() => 1, 0, { pruner: { ...pruner, untargeted: true } })).rejects.toThrow('Pruner "test" goes by what it finds, and takes no target: leave it out.'); // prettier-ignore
    await expect(within(() => NaN, 0)).rejects.toThrow("Option evaluate must be a function that gives finite numbers, got NaN."); // prettier-ignore
  });
});

test("evidence is gathered once, the original is measured once, and every try recovers", async () => {
  const calls = { evidence: 0, original: 0, recovered: 0 };
  const data: DataSource = {
    count: 1,
    batchSize: 1,
    batch: () => ({ x: { dtype: "float32", dims: [1, 8], data: new Float32Array(8) } }),
  };
  const samples: EvidenceProvider<"samples"> = {
    kind: "samples",
    gather: () => Promise.resolve({ of: () => (calls.evidence++, { samples: 0, values: new Float32Array() }) }),
  };
  const gathers: EvidenceProvider<"samples"> = { ...samples, gather: (c) => (calls.evidence++, samples.gather(c)) };
  const step = { name: "step", recover: ({ pruned }: { pruned: Model["graph"] }) => (calls.recovered++, Promise.resolve({ graph: pruned })) }; // prettier-ignore
  const found = await within((w) => (calls.original += w === 100 ? 1 : 0) && w / 100, 0.3, {
    scorer: { ...scorer, needs: ["samples"] },
    evidence: [gathers],
    calibration: data,
    recover: [step],
  });
  expect(calls).toEqual({ evidence: 1, original: 1, recovered: triesOf(found).length });
});

test("what several targets make the same of is made and measured once", async () => {
  const coarse: Pruner = {
    name: "coarse",
    decide: (context) => {
      const ratio = "ratio" in context.target ? context.target.ratio : 1;
      const removed = ratio < 0.2 ? 85 : ratio < 0.7 ? 50 : 30;
      const which = Uint8Array.from({ length: 100 }, (_, i) => (i < removed ? 1 : 0));
      return Promise.resolve({ removed: new Map([[context.groups[0]!, which]]) });
    },
  };
  const measured: number[] = [];
  const found = await within((w) => (measured.push(w), w < 60 ? 0 : 1), 0, { pruner: coarse });
  expect(widthOf(found.model)).toBe(70);
  expect(measured).toEqual([100, 50, 70]);
  expect(triesOf(found).length).toBeGreaterThan(2);
});

test("every try is pruned in steps where a schedule says so", async () => {
  let recovered = 0;
  const step = { name: "step", recover: ({ pruned }: { pruned: Model["graph"] }) => (recovered++, Promise.resolve({ graph: pruned })) }; // prettier-ignore
  const samples: DataSource = {
    count: 1,
    batchSize: 1,
    batch: () => ({ x: { dtype: "float32", dims: [1, 8], data: new Float32Array(8) } }),
  };
  const schedule = { shape: "linear", steps: 2 } as const;
  const found = await within((w) => w / 100, 0.3, { schedule, precision: 0.2, recover: [step], calibration: samples });
  expect(widthOf(found.model)).toBeGreaterThanOrEqual(70);
  expect(found.report.recovery!.map((r) => r.name)).toEqual(["step, step 1 of 2", "step, step 2 of 2"]);
  expect(recovered).toBe(2 * triesOf(found).length);
});

/** A journal in memory. */
function memory(known: Map<string, string> = new Map()): Journal & { readonly known: Map<string, string> } {
  return {
    known,
    get: (name) => (known.has(name) ? (JSON.parse(known.get(name)!) as unknown) : undefined),
    add: (name, value) => Promise.resolve(void known.set(name, JSON.stringify(value))),
  };
}

test("a search that was interrupted anywhere goes on to the same result", { timeout: 120_000 }, async () => {
  const worth = (w: number): number => (w / 100) ** 2;
  const whole = await within(worth, 0.4);
  const count = triesOf(whole).length + 1;
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: count }), async (fails) => {
      const journal = memory();
      let calls = 0;
      const failing = (w: number): number => {
        if (++calls === fails) throw new Error("power cut");
        return worth(w);
      };
      await expect(within(failing, 0.4, { journal })).rejects.toThrow("power cut");
      const before = journal.known.size;
      calls = -Infinity;
      const resumed = await within(failing, 0.4, { journal });
      expect(Buffer.from(resumed.model.toBytes()).equals(whole.model.toBytes())).toBe(true);
      expect(resumed.report).toEqual(whole.report);
      expect(journal.known.size).toBeGreaterThan(before);
      // Once more: all is known, and only the result is made anew.
      const again = await within(failing, 0.4, { journal });
      expect(again.report).toEqual(whole.report);
    }),
    { numRuns: 6 },
  );
});

test("what a journal promised and does not come true is measured anew", async () => {
  const journal = memory();
  await within((w) => w / 100, 0.3, { journal });
  // Now 71 units are worth too little.
  const found = await within((w) => (w < 72 ? 0 : w / 100), 0.3, { journal });
  expect(widthOf(found.model)).toBeGreaterThanOrEqual(72);
  expect(triesOf(found).filter((t) => t.within).every((t) => t.left >= 0.72)).toBe(true); // prettier-ignore
});

test.each([
  ["original", "high"],
  ["least", null],
  ["macs=0.55", { target: 0.5, left: 0.5, value: 0.7, within: "yes", cost: { macs: 1 } }],
  ["macs=0.55", 0.5],
])("a journal that holds something else under %s is an error", async (name, value) => {
  const journal = memory(new Map([[name, JSON.stringify(value)]]));
  await expect(within((w) => w / 100, 0.3, { journal })).rejects.toMatchObject({
    code: "bad-data",
    message: `The journal holds ${JSON.stringify(value)} under "${name}", which no run notes there. Delete the journal, and start anew.`,
  });
});

test("an interruption ends the search with the best so far; it is not noted", async () => {
  const journal = memory();
  const signal = { aborted: false };
  const worth = (w: number): number => {
    if (w < 60) signal.aborted = true;
    return w / 100;
  };
  const found = await within(worth, 0.6, { journal, signal });
  expect(found.report).toMatchObject({ interrupted: true, search: { tries: [{ target: 0.55, within: true }] } });
  expect([...journal.known.keys()]).toEqual(["least", "original"]);
  const nothing = within(worth, 0.3, { signal });
  await expect(nothing).rejects.toThrow(/: none was measured before the interruption\. /);
});
