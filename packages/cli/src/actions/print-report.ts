import type { RecoveryNotes, SearchReport } from "@prune/core";
import { proofLine, signatureLines } from "@prune/report/text";
import { createColors } from "picocolors";
import type { Io } from "../io.ts";
import { bytes, compact, percent, plural, significant } from "../lib/format.ts";
import { type Column, table } from "../lib/table.ts";
import { blockedLines } from "./blocked-lines.ts";
import type { FullReport } from "./full-report.ts";
import type { Regularization } from "@prune/report";
import { totalsTable } from "./totals.ts";

/** Prints a report for people: layers before and after, what was not cut and why, totals. */
export function printReport(report: FullReport, { stdout }: Io): void {
  const { bold, dim } = createColors(stdout.isTTY === true);
  const layers = report.layers.map(({ name, opType, channels, macs, params }) => [
    name,
    opType,
    arrow(channels, String),
    arrow(macs, compact),
    arrow(params, compact),
  ]);
  const columns = ["Layer", "Operator", "Channels", "MACs", "Parameters"].map((title) => ({ title }));
  stdout.write(`${table(columns, layers, bold)}\n\n`);
  const blocked = blockedLines(report.blocked);
  if (blocked.length) stdout.write(`${bold("Left whole")}\n${dim(blocked.map((line) => `  ${line}`).join("\n"))}\n\n`);
  for (const line of report.notes?.summary ?? []) stdout.write(`${line}\n`);
  if (report.notes?.summary?.length) stdout.write("\n");
  const { before, after, files, zeros, latency, evaluation } = report;
  const totals = { costs: [before, after], files: [files.before, files.after], zeros, latency, evaluation } as const;
  if (report.search) stdout.write(`${searchText(report.search, evaluation, bold)}\n\n`);
  stdout.write(`${totalsTable(["Before", "After"], totals, bold)}\n\n`);
  for (const line of [...signatureLines(report), ...(report.remarks ?? [])]) stdout.write(`${line}\n`);
  if (report.regularization) stdout.write(`${regularizationLine(report.regularization)}\n`);
  stdout.write(`${[proofLine(report.verification), ...recoveryLines(report)].join("\n")}\n`);
  if (report.interrupted) stdout.write("Interrupted: this is the best so far.\n");
  const done = zeros
    ? `${compact(zeros[1])} of ${compact(before.params)} parameters are weights that are zero`
    : `${percent(1 - after.params / before.params, 1)} of all parameters removed`;
  stdout.write(`Wrote ${files.after.path}: ${bytes(files.after.bytes)}, ${done}.\n`);
}

/** All that a search tried, the largest first, and what was allowed. */
function searchText(
  { budget, maxDrop, baseline, tries }: SearchReport,
  evaluation: FullReport["evaluation"],
  heading: (line: string) => string,
): string {
  const own = evaluation?.metric?.name;
  const metric = own ?? (evaluation?.accuracy ? "Accuracy" : "Agreement");
  const show = (value: number): string => (own === undefined ? percent(value) : significant(value));
  const columns = ["Tried", "Left", "MACs", metric, ""].map((title, i): Column => ({ title, align: i === 0 || i === 4 ? "left" : "right" })); // prettier-ignore
  const rows = tries.map(({ target, left, cost, value, within }) => [
    `${budget}=${target}`,
    percent(left, 1),
    compact(cost.macs),
    show(value),
    within ? "within" : "",
  ]);
  const drop = own === undefined ? `${(100 * maxDrop).toFixed(2)} points` : significant(maxDrop);
  const allowed = `Allowed: ${show(baseline)} less ${drop}.`;
  return `${table(columns, rows, heading)}\n${allowed}`;
}

/** One sentence on the training before the cut. */
function regularizationLine({ name, samples, losses, metric }: Regularization): string {
  const change = (values: readonly number[], show: (value: number) => string): string =>
    [...new Set([show(values[0]!), show(values.at(-1)!)])].join(" → ");
  const quality = metric ? `, ${metric.name} ${change(metric.values, percent)}` : "";
  const over = `${plural(samples, "sample")} in ${plural(losses.length, "epoch")}`;
  return `Trained before the cut by ${name} on ${over}: loss ${change(losses, (v) => v.toPrecision(3))}${quality}.`;
}

function arrow([before, after]: readonly [number, number], show: (value: number) => string): string {
  return before === after ? show(before) : `${show(before)} → ${show(after)}`;
}

/** One line on each recovery step, and what it remarks. */
function recoveryLines({ recovery = [] }: Pick<FullReport, "recovery">): string[] {
  return recovery.flatMap(({ name, samples, notes = {} }) => {
    const { layers, outputError, heldOut, remarks = [] } = notes;
    const done = layers === undefined ? "" : `: ${plural(layers, "layer")}`;
    const error = outputError
      ? `; outputs differ from the original's by ${percent(outputError.before)} → ${percent(outputError.after)} of their squares`
      : "";
    const line = `Recovered by ${name} on ${plural(samples, "sample")}${done}${error}${heldOut ? heldOutText(heldOut) : ""}.`;
    return [line, ...remarks.map((remark) => `  ${remark}`)];
  });
}

function heldOutText({ samples, loss, metric }: NonNullable<RecoveryNotes["heldOut"]>): string {
  const quality = metric ? `${metric.name} ${percent(metric.before)} → ${percent(metric.after)}, ` : "";
  const change = `loss ${loss.before.toPrecision(3)} → ${loss.after.toPrecision(3)}`;
  return `; on ${plural(samples, "sample")} held out: ${quality}${change}`;
}
