import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { closeIn, type CloseInOptions } from "./close-in.ts";

/** The ratios that a search asks for, where those that do are told by a rule. */
async function asked(does: (ratio: number) => boolean, options: Partial<CloseInOptions> = {}): Promise<number[]> {
  const ratios: number[] = [];
  const measure = (ratio: number) => {
    ratios.push(ratio);
    return Promise.resolve({ does: does(ratio), left: ratio });
  };
  await closeIn({ least: 0.1, precision: 0.1, measure, ...options });
  return ratios;
}

describe("ratios asked for", () => {
  test("by hand: all from 0.4 on do", async () => {
    // [0.1, 1] → 0.55 does → 0.325 does not → 0.4375 does → 0.3812 does not; 0.4375 − 0.3812 = 0.0563 is more than a
    // tenth of 0.4375 → 0.4093 does, and 0.4093 − 0.3812 = 0.0281 is less than a tenth of it.
    expect(await asked((r) => r >= 0.4)).toEqual([0.55, 0.325, 0.4375, 0.3812, 0.4093]);
  });

  test("where everything does, the last is the least", async () => {
    expect((await asked(() => true)).at(-1)).toBe(0.1);
  });

  test("where nothing does, they go up to the whole, and the least is not asked for", async () => {
    expect(await asked(() => false)).toEqual([0.55, 0.775, 0.8875, 0.9438]);
  });

  test("steps of pruning that overshoot are taken into account", async () => {
    // 0.55 leaves 0.3: the next is between 0.1 and 0.3.
    const ratios: number[] = [];
    const measure = (ratio: number) => {
      ratios.push(ratio);
      return Promise.resolve({ does: ratio > 0.25, left: Math.min(ratio, 0.3) });
    };
    await closeIn({ least: 0.1, precision: 0.2, measure });
    expect(ratios).toEqual([0.55, 0.2, 0.25]);
  });

  test("nothing is asked for once it is stopped", async () => {
    const found: number[] = [];
    await asked((r) => found.push(r) > 0, { stopped: () => found.length === 2 });
    expect(found).toEqual([0.55, 0.325]);
  });
});

test("the border is found as closely as asked, in a number of steps that bisection takes", async () => {
  const fraction = fc.double({ min: 0.02, max: 0.98, noNaN: true });
  await fc.assert(
    fc.asyncProperty(fraction, fc.double({ min: 0.005, max: 0.3, noNaN: true }), async (border, precision) => {
      const ratios = await asked((r) => r >= border, { least: 0.01, precision });
      const best = Math.min(1, ...ratios.filter((r) => r >= border));
      const below = Math.max(0.01, ...ratios.filter((r) => r < border));
      expect(best - below).toBeLessThanOrEqual(Math.max(precision * best, 1e-4) + 1e-9);
      expect(ratios.length).toBeLessThanOrEqual(Math.ceil(Math.log2(1 / Math.max(precision * 0.02, 1e-4))) + 2);
      expect(new Set(ratios).size).toBe(ratios.length);
    }),
  );
});

test("whatever does and does not, the best has a neighbour that does not, or is the least", async () => {
  await fc.assert(
    fc.asyncProperty(fc.infiniteStream(fc.boolean()), async (answers) => {
      const known = new Map<number, boolean>();
      await asked((r) => {
        const answer = answers.next().value as boolean;
        known.set(r, answer);
        return answer;
      });
      const good = [...known].filter(([, does]) => does).map(([r]) => r);
      if (!good.length) return;
      const best = Math.min(...good);
      const worse = [...known].filter(([r, does]) => !does && r < best).map(([r]) => r);
      if (best > 0.1) expect(best - Math.max(...worse)).toBeLessThanOrEqual(0.1 * best + 1e-9);
    }),
  );
});
