/** Remembers what took long to find out, by name, so that work that was interrupted goes on where it was. */
export interface Journal {
  /** What was noted under a name; undefined where nothing was. */
  readonly get: (name: string) => unknown;
  /** Notes a value, which is JSON. It is kept once this has resolved. */
  readonly add: (name: string, value: unknown) => Promise<void>;
}

/** What a journal knows under a name, or else what is found out now, and noted. */
export async function recall<T>(journal: Journal | undefined, name: string, find: () => Promise<T>): Promise<T> {
  const known = journal?.get(name);
  if (known !== undefined) return known as T;
  const value = await find();
  await journal?.add(name, value);
  return value;
}
