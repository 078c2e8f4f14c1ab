import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { rangesOf, type LinearLayer } from "@prune/core";
import { parsePattern } from "./pattern.ts";
import { ruleFor, type Over } from "./rules.ts";

type Shape = Pick<LinearLayer, "blocks" | "rows" | "features" | "kernel">;

/** The whole mask of a layer, decided `width` columns at a time. */
function maskOf(
  shape: Shape,
  pattern: string,
  removed: number,
  over: Over,
  scores: readonly number[],
  width = 1e9,
): number[] {
  const rule = ruleFor(shape, parsePattern(pattern), removed, over);
  const columns = shape.features * shape.kernel;
  const mask = scores.map(() => -1);
  for (const [from, to] of rangesOf(shape, rule, width)) {
    const part = scores.filter((_, i) => i % columns >= from && i % columns < to);
    const stays = rule.choose({ scores: part, columns: [from, to] });
    let next = 0;
    for (let i = 0; i < mask.length; i++) if (i % columns >= from && i % columns < to) mask[i] = stays[next++]!;
  }
  return mask;
}

const shape = (rows: number, features: number, kernel = 1, blocks = 1): Shape => ({ blocks, rows, features, kernel });

describe("by hand", () => {
  test("2:4 keeps the two largest of four neighbours, and of a rest of three too", () => {
    const scores = [4, 1, 3, 2, 5, 7, 6];
    expect(maskOf(shape(1, 7), "2:4", 0, "layer", scores)).toEqual([1, 0, 1, 0, 0, 1, 1]);
  });

  test("of equal ones the first stays", () => {
    expect(maskOf(shape(1, 4), "2:4", 0, "layer", [1, 1, 1, 1])).toEqual([1, 1, 0, 0]);
  });

  test("neighbours end with a kernel position", () => {
    expect(maskOf(shape(1, 2, 2), "1:2", 0, "layer", [1, 2, 4, 3])).toEqual([0, 1, 1, 0]);
    expect(maskOf(shape(1, 1, 4), "1:2", 0, "layer", [1, 2, 4, 3])).toEqual([1, 1, 1, 1]);
  });

  test("unstructured, over the layer and over each row", () => {
    const scores = [1, 2, 3, 4, 5, 6, 7, 8];
    expect(maskOf(shape(2, 4), "unstructured", 4, "layer", scores)).toEqual([0, 0, 0, 0, 1, 1, 1, 1]);
    expect(maskOf(shape(2, 4), "unstructured", 4, "row", scores)).toEqual([0, 0, 1, 1, 0, 0, 1, 1]);
  });

  test("of equal ones the later leaves", () => {
    expect(maskOf(shape(1, 4), "unstructured", 1, "layer", [1, 1, 1, 1])).toEqual([1, 1, 1, 0]);
  });

  test("tiles of 2 × 1 leave by their mean", () => {
    // Means by column of the first two rows: 2, 5; the third row is a tile of its own: 1, 9.
    expect(maskOf(shape(3, 2), "2x1", 3, "layer", [1, 4, 3, 6, 1, 9])).toEqual([0, 1, 0, 1, 0, 1]);
  });
});

describe("laws", () => {
  const any = fc.record({
    rows: fc.integer({ min: 1, max: 6 }),
    features: fc.integer({ min: 1, max: 9 }),
    kernel: fc.integer({ min: 1, max: 3 }),
    blocks: fc.integer({ min: 1, max: 3 }),
  });
  const sizeOf = ({ rows, features, kernel, blocks }: Shape): number => rows * features * kernel * blocks;
  const cases = any.chain((layer) =>
    fc.record({
      layer: fc.constant(layer),
      removed: fc.integer({ min: 0, max: sizeOf(layer) - 1 }),
      scores: fc.array(fc.integer({ min: 0, max: 20 }), { minLength: sizeOf(layer), maxLength: sizeOf(layer) }),
      width: fc.integer({ min: 1, max: 30 }),
    }),
  );
  const zeros = (mask: readonly number[]): number => mask.filter((m) => m === 0).length;

  test("single weights leave in exactly the number asked for, however columns are cut into ranges", () => {
    fc.assert(
      fc.property(cases, ({ layer, removed, scores, width }) => {
        expect(zeros(maskOf(layer, "unstructured", removed, "layer", scores, width))).toBe(removed);
      }),
    );
  });

  test("decided at once, none that leaves is above one that stays", () => {
    fc.assert(
      fc.property(cases, ({ layer, removed, scores }) => {
        const mask = maskOf(layer, "unstructured", removed, "layer", scores);
        const of = (state: number): number[] => scores.filter((_, i) => mask[i] === state);
        expect(Math.max(-1, ...of(0))).toBeLessThanOrEqual(Math.min(99, ...of(1)));
      }),
    );
  });

  test("tiles leave whole, and at least as many weights as asked for", () => {
    fc.assert(
      fc.property(cases, ({ layer, removed, scores }) => {
        const mask = maskOf(layer, "2x2", removed, "layer", scores);
        expect(zeros(mask)).toBeGreaterThanOrEqual(removed);
        expect(zeros(mask)).toBeLessThan(removed + 4);
        const columns = layer.features * layer.kernel;
        mask.forEach((m, i) => {
          const [row, column] = [Math.floor(i / columns), i % columns];
          const inBlock = row % layer.rows;
          if (inBlock % 2) expect(m).toBe(mask[i - columns]);
          if ((column % layer.features) % 2) expect(m).toBe(mask[i - 1]);
        });
      }),
    );
  });

  test("no group of M has more than N", () => {
    fc.assert(
      fc.property(cases, ({ layer, scores }) => {
        const mask = maskOf(layer, "1:3", 0, "layer", scores);
        const columns = layer.features * layer.kernel;
        mask.forEach((m, i) => {
          const within = ((i % columns) % layer.features) % 3;
          if (m) for (let back = 1; back <= within; back++) expect(mask[i - back]).toBe(0);
        });
      }),
    );
  });
});

test.each(["4:2", "4:4", "0:4", "2:4:8", "x1", "0x1", "dense", "2.5:4"])("pattern %s is refused", (text) => {
  expect(() => parsePattern(text)).toThrow(
    `Option pattern must be unstructured, N:M with N below M such as 2:4, or RxC such as 4x1, got ${text}.`,
  );
});
