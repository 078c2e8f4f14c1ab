/** A JSON object whose contents nobody has looked at yet. */
export type JsonObject = Readonly<Record<string, unknown>>;

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** An entry that is an object; undefined when it is missing or something else. */
export const objectIn = (object: JsonObject | undefined, key: string): JsonObject | undefined => {
  const value = object?.[key];
  return isObject(value) ? value : undefined;
};

/** An entry that is a list; empty when it is missing or something else. */
export const listIn = (object: JsonObject | undefined, key: string): readonly unknown[] => {
  const value = object?.[key];
  return Array.isArray(value) ? (value as readonly unknown[]) : [];
};

export const textIn = (object: JsonObject | undefined, key: string): string | undefined => {
  const value = object?.[key];
  return typeof value === "string" ? value : undefined;
};

export const isSizes = (value: unknown): value is readonly number[] =>
  Array.isArray(value) && value.every((v) => Number.isSafeInteger(v) && v >= 0);
