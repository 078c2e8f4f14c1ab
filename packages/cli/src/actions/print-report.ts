import { createColors } from "picocolors";
import type { Io } from "../io.ts";
import { bytes, change, compact, milliseconds, percent, plural } from "../lib/format.ts";
import { table } from "../lib/table.ts";
import type { FullReport } from "./full-report.ts";

/** Prints a report for people: layers before and after, totals, what was not cut and why. */
export function printReport(report: FullReport, { stdout }: Io): void {
  const { bold, dim } = createColors(stdout.isTTY === true);
  const arrow = (a: string, b: string): string => (a === b ? a : `${a} → ${b}`);
  const layers = report.layers.map(({ name, opType, channels, macs, params }) => [
    name,
    opType,
    arrow(String(channels[0]), String(channels[1])),
    arrow(compact(macs[0]), compact(macs[1])),
    arrow(compact(params[0]), compact(params[1])),
  ]);
  const columns = [
    { title: "Layer" },
    { title: "Operator" },
    { title: "Channels" },
    { title: "MACs" },
    { title: "Parameters" },
  ];
  stdout.write(`${table(columns, layers, bold)}\n\n`);
  const blocked = blockedLines(report.blocked);
  if (blocked.length) stdout.write(`${bold("Left whole")}\n${blocked.map((line) => dim(`  ${line}`)).join("\n")}\n\n`);
  const totals = [
    { title: "" },
    { title: "Before", align: "right" },
    { title: "After", align: "right" },
    { title: "Change", align: "right" },
  ] as const;
  stdout.write(`${table(totals, totalRows(report), bold)}\n\n`);
  stdout.write(`${verificationLine(report)}\n${report.files.after.path}: ${bytes(report.files.after.bytes)}\n`);
}

function totalRows({ before, after, files, latency, evaluation }: FullReport): string[][] {
  const row = (title: string, a: number, b: number, show: (value: number) => string): string[] => [
    title,
    show(a),
    show(b),
    change(a, b),
  ];
  const rows = [
    row("MACs", before.macs, after.macs, compact),
    row("Parameters", before.params, after.params, compact),
    row("File", files.before.bytes, files.after.bytes, bytes),
    ["Sparsity", "", percent(1 - after.params / before.params, 1), ""],
  ];
  if (latency)
    rows.push(
      row(
        `Latency (${latency.provider}, ${plural(latency.threads, "thread")})`,
        latency.models[0]!.median,
        latency.models[1]!.median,
        milliseconds,
      ),
    );
  if (evaluation?.accuracy) {
    const [a, b] = evaluation.accuracy;
    rows.push(["Accuracy", percent(a), percent(b), `${b < a ? "−" : "+"}${Math.abs((b - a) * 100).toFixed(2)} points`]);
  }
  if (evaluation) rows.push(["Agreement", "", percent(evaluation.agreement), ""]);
  return rows;
}

export function verificationLine({ verification }: Pick<FullReport, "verification">): string {
  if (!verification) return "Not verified (--no-verify).";
  if (!verification.exact)
    return "Verified: loads, runs and gives finite numbers. The cut is not exact (--width), so it was not compared.";
  const { maskedError, layerError, layers } = verification;
  const by = layers ? `, ${layerError.toExponential(1)} layer by layer (${plural(layers, "layer")})` : "";
  return `Verified: equals the original with the removed parts set to zero; largest difference ${maskedError.toExponential(1)}${by}.`;
}

/** How many names stand beside a reason. */
const NAMES = 3;

/** Groups that were not cut, put together by reason. */
export function blockedLines(blocked: FullReport["blocked"]): string[] {
  const reasons = new Map<string, string[]>();
  for (const { group, reason, node } of blocked) {
    const key = node ? `${reason} (${node})` : reason;
    reasons.set(key, [...(reasons.get(key) ?? []), group]);
  }
  return [...reasons]
    .sort((a, b) => b[1].length - a[1].length)
    .map(([reason, groups]) => {
      const more = groups.length > NAMES ? `, and ${groups.length - NAMES} more` : "";
      return `${plural(groups.length, "group")}: ${reason}: ${groups.slice(0, NAMES).join(", ")}${more}`;
    });
}
