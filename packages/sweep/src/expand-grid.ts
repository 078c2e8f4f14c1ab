import { canonical } from "./canonical.ts";
import { errorNoGrid, errorNoValues, errorValueKind } from "./errors.ts";

/** Values to try of each setting. */
export type Grid = Readonly<Record<string, readonly unknown[]>>;

/** One value of each setting of a grid. JSON. */
export type Settings = Readonly<Record<string, unknown>>;

/**
 * All combinations of a grid's values, the last setting changing fastest; of several grids, one after the other. What is
 * equal comes once.
 * @throws {PruneError} `bad-option` without a grid, for an empty list, and for values that are no JSON
 */
export function expandGrid(grids: readonly Grid[]): Settings[] {
  if (!grids.length) throw errorNoGrid();
  const found = new Map<string, Settings>();
  for (const grid of grids) {
    let combinations: Settings[] = [{}];
    for (const [setting, values] of Object.entries(grid)) {
      if (!Array.isArray(values) || !values.length) throw errorNoValues(setting);
      if (values.some((value) => canonical(value) === undefined)) throw errorValueKind(setting);
      combinations = combinations.flatMap((settings) => values.map((value: unknown) => ({ ...settings, [setting]: value }))); // prettier-ignore
    }
    for (const settings of combinations) {
      const key = canonical(settings)!;
      if (!found.has(key)) found.set(key, settings);
    }
  }
  return [...found.values()];
}

/** The settings that do not have the same value everywhere, in the order in which they first occur. */
export function varying(all: readonly Settings[]): string[] {
  const names = new Set(all.flatMap((settings) => Object.keys(settings)));
  return [...names].filter((name) => new Set(all.map((settings) => canonical(settings[name]))).size > 1);
}
