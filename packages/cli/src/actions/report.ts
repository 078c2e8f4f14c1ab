import { readFile } from "node:fs/promises";
import { PruneError } from "@prune/core";
import { parseReport, reportHtml } from "@prune/report";
import type { ReportFlags } from "../commands/report.ts";
import { writeText } from "../lib/stage-files.ts";
import { checkOutputs, checkPage } from "./paths.ts";

/** Makes a page from a report. */
export async function report(path: string, { output }: ReportFlags): Promise<void> {
  checkPage(output);
  await checkOutputs({ REPORT: path }, { "--output": output });
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new PruneError("io-failed", `${path}: cannot be read: ${why}. Check the path.`, { cause });
  });
  await writeText(output, reportHtml(parseReport(text, path)));
}
