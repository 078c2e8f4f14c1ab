import stringify from "json-stringify-pretty-compact";
import type { AnyReport } from "@prune/report";

/** A report in the format of a path's ending: a page, or JSON. */
export async function reportText(path: string, report: AnyReport): Promise<string> {
  if (/\.json$/i.test(path)) return `${stringify(report, { maxLength: 120 })}\n`;
  const { reportHtml } = await import("@prune/report");
  return reportHtml(report);
}
