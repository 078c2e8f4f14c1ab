/** Options by name, as they follow a colon on the command line: `entropy:bins=32,remove=highest`. */
export type OptionValues = Readonly<Record<string, string | number | boolean>>;

/** The JSON Schema of one option, as far as options go. */
export interface OptionSchema {
  readonly type: "integer" | "number" | "boolean" | "string";
  /** What it does, in a few words. */
  readonly description?: string;
  /** What it is when it is not given, for people to read: the default is the maker's to apply. */
  readonly default?: string | number | boolean;
  /** The strings that it may be. */
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maximum?: number;
  readonly exclusiveMaximum?: number;
}

/** Options by name. */
export type OptionSchemas = Readonly<Record<string, OptionSchema>>;

/** Whether a value is what a schema asks for. */
export function isValidOption(value: unknown, schema: OptionSchema): boolean {
  if (schema.type === "boolean") return typeof value === "boolean";
  if (schema.type === "string") return typeof value === "string" && (schema.enum?.includes(value) ?? true);
  const { minimum = -Infinity, maximum = Infinity, exclusiveMinimum = -Infinity, exclusiveMaximum = Infinity } = schema;
  if (typeof value !== "number" || !Number.isFinite(value)) return false;
  if (schema.type === "integer" && !Number.isSafeInteger(value)) return false;
  return value >= minimum && value <= maximum && value > exclusiveMinimum && value < exclusiveMaximum;
}

/** What a schema asks for, in words: "a whole number from 2", "one of lowest, highest". */
export function expectedOption({ type, enum: words, ...bounds }: OptionSchema): string {
  if (type === "boolean") return "true or false";
  if (type === "string") return words ? `one of ${words.join(", ")}` : "text";
  const limits = [
    bounds.minimum === undefined ? "" : `from ${bounds.minimum}`,
    bounds.exclusiveMinimum === undefined ? "" : `above ${bounds.exclusiveMinimum}`,
    bounds.maximum === undefined ? "" : `up to ${bounds.maximum}`,
    bounds.exclusiveMaximum === undefined ? "" : `below ${bounds.exclusiveMaximum}`,
  ].filter(Boolean);
  return [type === "integer" ? "a whole number" : "a number", limits.join(" and ")].filter(Boolean).join(" ");
}
