import type { NodeReport } from "@prune/core";
import { schemaProblem } from "./check-schema.ts";
import { errorBadReport } from "./errors.ts";
import { definitions } from "./schema.gen.ts";
import type { AnyReport } from "./types.ts";

/** What the schema calls a report of each format. */
const FORMATS: Readonly<Record<AnyReport["format"], string>> = {
  "prune-report/1": "FullReport",
  "prune-comparison/1": "Comparison",
  "prune-sensitivity/1": "SensitivityReport",
  "prune-sweep/1": "SweepReport",
};

/**
 * Reads a report's JSON, in the format that it names itself, and checks it by its schema.
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
  if (!isFormat(format)) {
    const known = Object.keys(FORMATS).join(" or ");
    throw errorBadReport(where, `its format is ${JSON.stringify(format) ?? "missing"}, not ${known}`);
  }
  const problem = schemaProblem(value, definitions[FORMATS[format]]!, definitions, "the report");
  if (problem !== undefined) throw errorBadReport(where, problem);
  const report = value as AnyReport;
  const stray = "graph" in report && strayRead(report.graph);
  if (stray) throw errorBadReport(where, stray);
  return report;
}

const isFormat = (format: unknown): format is AnyReport["format"] =>
  typeof format === "string" && Object.hasOwn(FORMATS, format);

/** A node that reads another which is not there. */
function strayRead(graph: readonly NodeReport[]): string | undefined {
  for (const [i, { from }] of graph.entries()) {
    const stray = from.find((n) => !graph[n]);
    if (stray !== undefined) return `the report.graph[${i}] reads from position ${stray} of ${graph.length}`;
  }
  return undefined;
}
