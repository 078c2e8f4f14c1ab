import { createColors } from "picocolors";
import { basename } from "node:path";
import type { Io } from "../io.ts";
import type { Comparison } from "./compare.ts";
import { totalsTable } from "./totals.ts";

/** Prints two models side by side. */
export function printComparison({ files, costs, latency, evaluation }: Comparison, { stdout }: Io): void {
  const { bold } = createColors(stdout.isTTY === true);
  const titles = [basename(files[0].path), basename(files[1].path)] as const;
  stdout.write(`${totalsTable(titles, { costs, files, latency, evaluation }, bold)}\n`);
}
