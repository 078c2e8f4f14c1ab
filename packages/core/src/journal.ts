import { errorNoted } from "./errors.ts";

/** Remembers what took long to find out, by name, so that work that was interrupted goes on where it was. */
export interface Journal {
  /** What was noted under a name; undefined where nothing was. */
  readonly get: (name: string) => unknown;
  /** Notes a value, which is JSON. It is kept once this has resolved. */
  readonly add: (name: string, value: unknown) => Promise<void>;
}

/**
 * The number that a journal knows under a name, or else the one that is found out now, and noted.
 * @throws {PruneError} `bad-data` where the journal holds something else
 */
export async function recall(
  journal: Journal | undefined,
  name: string,
  find: () => number | Promise<number>,
): Promise<number> {
  const known = noted(journal, name, (value) => typeof value === "number");
  if (known !== undefined) return known;
  const value = await find();
  await journal?.add(name, value);
  return value;
}

/**
 * What a journal knows under a name; undefined where it knows nothing.
 * @throws {PruneError} `bad-data` where that is not what was looked for
 */
export function noted<T>(
  journal: Journal | undefined,
  name: string,
  fits: (value: unknown) => value is T,
): T | undefined {
  const known = journal?.get(name);
  if (known === undefined || fits(known)) return known;
  throw errorNoted(name, known);
}
