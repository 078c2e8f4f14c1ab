import { createColors } from "picocolors";
import type { Io } from "../io.ts";
import { percent, significant } from "../lib/format.ts";
import { table } from "../lib/table.ts";
import type { SensitivityReport } from "./sensitivity.ts";

/** Prints what each group costs as it shrinks: the groups that cost most first, each with its curve. */
export function printSensitivity(report: SensitivityReport, { stdout }: Io): void {
  const { bold, dim } = createColors(stdout.isTTY === true);
  const { baseline, metric, better, samples, groups } = report;
  const show = (value: number, digits: number): string =>
    metric === "accuracy" || metric === "agreement" ? percent(value, digits) : significant(value);
  const share = (value: number): number => (better === "higher" ? value / baseline : baseline / value);
  const worst = (g: SensitivityReport["groups"][number]): number => Math.min(...g.points.map((p) => share(p.value)));
  const rows = groups
    .toSorted((a, b) => worst(a) - worst(b))
    .map(({ group, kind, size, points }) => [
      group,
      `${size} ${kind}`,
      curve([1, ...points.map((p) => share(p.value))]),
      points.map((p) => `−${percent(p.sparsity, 0)}: ${show(p.value, 1)}`).join("  "),
    ]);
  const columns = ["Group", "Size", "Curve", `Removed: ${metric}`].map((title) => ({ title }));
  stdout.write(`${table(columns, rows, bold)}\n\n`);
  stdout.write(`Whole: ${show(baseline, 2)} ${metric}${samples === undefined ? "" : ` on ${samples} samples`}.\n`);
  stdout.write(`${dim("A curve begins with the whole network; full height is its value, the lowest bar 0.")}\n`);
}

const BARS = "▁▂▃▄▅▆▇█";

/** Shares of the whole network's value as bars, the highest standing for 1; 0 where there is no such share. */
function curve(shares: readonly number[]): string {
  return shares.map((s) => BARS.charAt(Math.round(Math.min(1, Math.max(0, s || 0)) * (BARS.length - 1)))).join("");
}
