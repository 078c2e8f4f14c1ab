import { Command } from "commander";
import type { Io } from "../io.ts";
import { once, text } from "../parse.ts";

/** Flags of `prune report`. */
export interface ReportFlags {
  readonly output: string;
}

export function reportCommand(_io: Io): Command {
  return new Command("report")
    .description("Make a page to look at from a report that `--report FILE.json` wrote.")
    .argument("<report>", "the report, a .json file of prune run, apply, compare, sensitivity or sweep")
    .requiredOption("-o, --output <file.html>", "where the page goes", once("--output", text))
    .action(async (path: string, flags: ReportFlags) => {
      const { report } = await import("../actions/report.ts");
      await report(path, flags);
    });
}
