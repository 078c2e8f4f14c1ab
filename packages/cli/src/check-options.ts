import type { OptionSchemas, OptionValues } from "@prune/core";
import { errorOptionValue, errorUnknownOption } from "./errors.ts";

/** The options, after a check against what something takes. */
export async function checkOptions(
  name: string,
  given: OptionValues,
  schemas: OptionSchemas = {},
): Promise<OptionValues> {
  const { expectedOption, isValidOption } = await import("@prune/core");
  for (const [key, value] of Object.entries(given)) {
    const schema = Object.hasOwn(schemas, key) ? schemas[key] : undefined;
    if (!schema) throw errorUnknownOption(name, key, Object.keys(schemas));
    if (!isValidOption(value, schema)) throw errorOptionValue(name, key, expectedOption(schema), value);
  }
  return given;
}
