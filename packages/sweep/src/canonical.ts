/**
 * JSON in which the order of keys makes no difference: equal values have equal texts. Keys that are undefined are left
 * out. What is no JSON (a function, an object of a class, NaN) yields undefined.
 */
export function canonical(value: unknown): string | undefined {
  if (value === null || typeof value === "string" || typeof value === "boolean") return JSON.stringify(value);
  if (typeof value === "number") return Number.isFinite(value) ? JSON.stringify(value) : undefined;
  if (Array.isArray(value)) return joined(value.map(canonical), "[", "]");
  if (typeof value !== "object" || !isPlain(value)) return undefined;
  const entries = Object.entries(value).filter(([, of]) => of !== undefined);
  const parts = entries
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, of]) => {
      const text = canonical(of);
      return text === undefined ? undefined : `${JSON.stringify(key)}:${text}`;
    });
  return joined(parts, "{", "}");
}

const joined = (parts: readonly (string | undefined)[], open: string, close: string): string | undefined =>
  parts.includes(undefined) ? undefined : `${open}${parts.join(",")}${close}`;

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
