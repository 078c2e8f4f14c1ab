/** What reports are described by: the part of JSON Schema that the generator of schema.json uses. */
export interface Schema {
  readonly $ref?: string;
  readonly anyOf?: readonly Schema[];
  /** One type, or any of several. */
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  /** What properties that are not named must be. Default: anything. */
  readonly additionalProperties?: Schema | boolean;
  /** One schema for all, or one for each position. */
  readonly items?: Schema | readonly Schema[];
  readonly minItems?: number;
  readonly maxItems?: number;
}

type Definitions = Readonly<Record<string, Schema>>;

/**
 * Compares a value with a schema.
 * @param at what the value is called in messages
 * @returns the first thing that is wrong, in words; undefined where nothing is
 */
export function schemaProblem(value: unknown, schema: Schema, all: Definitions, at: string): string | undefined {
  if (schema.$ref !== undefined) return schemaProblem(value, all[schema.$ref.replace("#/definitions/", "")]!, all, at);
  if (schema.anyOf) return schema.anyOf.some((s) => !schemaProblem(value, s, all, at)) ? undefined : `${at} is of no known form`; // prettier-ignore
  if (schema.const !== undefined && value !== schema.const) return `${at} is not ${JSON.stringify(schema.const)}`;
  if (schema.enum && !schema.enum.includes(value)) return `${at} is none of ${schema.enum.join(", ")}`;
  const types = schema.type === undefined ? [] : [schema.type].flat();
  if (types.length && !types.includes(typeOf(value))) return `${at} is not of type ${types.join(" or ")}`;
  if (Array.isArray(value)) return listProblem(value, schema, all, at);
  return typeOf(value) === "object" ? objectProblem(value as Record<string, unknown>, schema, all, at) : undefined;
}

const typeOf = (value: unknown): string => (value === null ? "null" : Array.isArray(value) ? "array" : typeof value);

function listProblem(list: readonly unknown[], schema: Schema, all: Definitions, at: string): string | undefined {
  const { items = {}, minItems = 0, maxItems = Infinity } = schema;
  if (list.length < minItems || list.length > maxItems) return `${at} has ${list.length} entries`;
  for (const [i, item] of list.entries()) {
    const own = isOne(items) ? items : (items[i] ?? {});
    const problem = schemaProblem(item, own, all, `${at}[${i}]`);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

const isOne = (items: Schema | readonly Schema[]): items is Schema => !Array.isArray(items);

function objectProblem(
  object: Readonly<Record<string, unknown>>,
  { properties = {}, required = [], additionalProperties = true }: Schema,
  all: Definitions,
  at: string,
): string | undefined {
  const missing = required.find((key) => !Object.hasOwn(object, key));
  if (missing !== undefined) return `${at} has no "${missing}"`;
  const others = typeof additionalProperties === "object" ? additionalProperties : {};
  for (const [key, value] of Object.entries(object)) {
    const own = Object.hasOwn(properties, key) ? properties[key]! : others;
    const problem = schemaProblem(value, own, all, `${at}.${key}`);
    if (problem !== undefined) return problem;
  }
  return undefined;
}
