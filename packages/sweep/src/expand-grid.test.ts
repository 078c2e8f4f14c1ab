import fc from "fast-check";
import { expect, test } from "vitest";
import { canonical } from "./canonical.ts";
import { expandGrid, varying } from "./expand-grid.ts";

test("every combination once, the last setting changing fastest", () => {
  expect(expandGrid([{ model: ["a", "b"], scorer: ["l1"], target: [{ macs: 0.5 }, { macs: 0.3 }] }])).toEqual([
    { model: "a", scorer: "l1", target: { macs: 0.5 } },
    { model: "a", scorer: "l1", target: { macs: 0.3 } },
    { model: "b", scorer: "l1", target: { macs: 0.5 } },
    { model: "b", scorer: "l1", target: { macs: 0.3 } },
  ]);
});

test("several grids come one after the other, and what is equal comes once", () => {
  const grids = [
    { type: ["neuron"], scorer: ["l1", "l2"] },
    { scorer: ["l2"], type: ["neuron"] },
    { type: ["weight"] },
  ];
  expect(expandGrid(grids)).toEqual([
    { type: "neuron", scorer: "l1" },
    { type: "neuron", scorer: "l2" },
    { type: "weight" },
  ]);
  expect(varying(expandGrid(grids))).toEqual(["type", "scorer"]);
  expect(
    varying([
      { a: 1, b: [1] },
      { a: 1, b: [1] },
    ]),
  ).toEqual([]);
});

test("there are as many as the product of the lists, all different, each with one value of every list", () => {
  const grid = fc.dictionary(
    fc.string({ minLength: 1, maxLength: 3 }),
    fc.uniqueArray(fc.oneof(fc.integer(), fc.string(), fc.boolean()), { minLength: 1, maxLength: 4, selector: (v) => JSON.stringify(v) }), // prettier-ignore
    { maxKeys: 4 },
  );
  fc.assert(
    fc.property(grid, (lists) => {
      const all = expandGrid([lists]);
      expect(all).toHaveLength(Object.values(lists).reduce((n, { length }) => n * length, 1));
      expect(new Set(all.map(canonical)).size).toBe(all.length);
      for (const settings of all) for (const [key, value] of Object.entries(settings)) expect(lists[key]).toContain(value);
    }), // prettier-ignore
  );
});

test("refuses no grid, empty lists, and what cannot be told apart", () => {
  expect(() => expandGrid([])).toThrow(
    "A sweep has a grid: a list of values for each setting that varies. It has none.",
  );
  expect(() => expandGrid([{ scorer: [] }])).toThrow('The grid has no values for "scorer": give a list of them, or leave it out.'); // prettier-ignore
  expect(() => expandGrid([{ evaluate: [() => 1] }])).toThrow('The grid\'s values for "evaluate" must be JSON'); // prettier-ignore
});
