import { createColors } from "picocolors";
import type { Io } from "../io.ts";
import { percent } from "../lib/format.ts";
import { table } from "../lib/table.ts";
import type { SensitivityReport } from "./sensitivity.ts";

/** Prints what each group costs as it shrinks: the groups that cost most first, each with its curve. */
export function printSensitivity(report: SensitivityReport, { stdout }: Io): void {
  const { bold, dim } = createColors(stdout.isTTY === true);
  const { baseline, metric, samples, groups } = report;
  const worst = (g: SensitivityReport["groups"][number]): number => Math.min(...g.points.map((p) => p.value));
  const rows = groups
    .toSorted((a, b) => worst(a) - worst(b))
    .map(({ group, kind, size, points }) => [
      group,
      `${size} ${kind}`,
      curve([baseline, ...points.map((p) => p.value)], baseline),
      points.map((p) => `−${percent(p.sparsity, 0)}: ${percent(p.value, 1)}`).join("  "),
    ]);
  const columns = ["Group", "Size", "Curve", `Removed: ${metric}`].map((title) => ({ title }));
  stdout.write(`${table(columns, rows, bold)}\n\n`);
  stdout.write(`Whole: ${percent(baseline, 2)} ${metric} on ${samples} samples.\n`);
  stdout.write(`${dim("A curve begins with the whole network; full height is its value, the lowest bar 0.")}\n`);
}

const BARS = "▁▂▃▄▅▆▇█";

/** Values as bars, the highest standing for `top`. */
function curve(values: readonly number[], top: number): string {
  return values
    .map((v) => BARS.charAt(Math.round(Math.min(1, Math.max(0, top > 0 ? v / top : 0)) * (BARS.length - 1))))
    .join("");
}
