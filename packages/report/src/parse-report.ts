import { errorBadReport } from "./errors.ts";
import type { AnyReport } from "./types.ts";

const FORMATS: readonly string[] = [
  "prune-report/1",
  "prune-comparison/1",
  "prune-sensitivity/1",
  "prune-sweep/1",
] satisfies AnyReport["format"][];

/**
 * Reads a report's JSON. It goes by the format that the report names itself; schema.json says what else is in it.
 * @param where what the text is called in an error
 * @throws {PruneError} `bad-data`
 */
export function parseReport(text: string, where = "The report"): AnyReport {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw errorBadReport(where, `it is not JSON: ${cause instanceof Error ? cause.message : String(cause)}`, cause);
  }
  const format = typeof value === "object" && value !== null && "format" in value ? value.format : undefined;
  if (typeof format !== "string" || !FORMATS.includes(format))
    throw errorBadReport(where, `its format is ${JSON.stringify(format) ?? "missing"}, not ${FORMATS.join(" or ")}`);
  return value as AnyReport;
}
