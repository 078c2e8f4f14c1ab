import { bytes, compact, milliseconds, percent, table } from "@prune/cli";
import type { Demo, DemoRow } from "./run-demo.ts";

const TITLES = ["Network", "MACs", "Parameters", "File", "Latency", "Accuracy", "Recovered", "Retrained"];

function cells(row: DemoRow, { rows }: Demo): string[] {
  const first = rows[0]!;
  const share = (value: number, all: number): string => (row === first ? "" : ` (${percent(value / all, 0)})`);
  return [
    row.scorer === undefined ? "as trained" : `${row.scorer}, MACs ≤ ${row.target}`,
    compact(row.macs) + share(row.macs, first.macs),
    compact(row.params) + share(row.params, first.params),
    bytes(row.bytes),
    milliseconds(row.latency) + share(row.latency, first.latency),
    ...[row.accuracy, row.recovered, row.retrained].map((accuracy) =>
      accuracy === undefined ? "" : percent(accuracy),
    ),
  ];
}

/** What has to be said about the numbers. */
function notesOf({ samples, calibration, training, timing }: Demo): string {
  const count = (n: number): string => n.toLocaleString("en");
  return (
    `Accuracy on ${count(samples)} test images: right after the cut, for which obs gives the weights that stay new values; recovered by fitting the layers that are left to ${count(calibration)} training images without their labels; retrained for two epochs on ${count(training)} with them. ` +
    `Latency: one image, median of ${timing.runs} runs on ${timing.threads} CPU thread, all networks in turn.`
  );
}

/** The demo's results for a terminal. */
export function textOf(demo: Demo): string {
  const columns = TITLES.map((title, i) => ({ title, align: i ? ("right" as const) : ("left" as const) }));
  const heading = "A ResNet-20 trained on Fashion-MNIST, and what is left of it after pruning whole channels:";
  const rows = demo.rows.map((row) => cells(row, demo));
  return `${heading}\n\n${table(columns, rows)}\n\n${notesOf(demo)}`;
}

/** The demo's results as a Markdown table, set out as the formatter wants it. */
export function markdownOf(demo: Demo): string {
  const rows = [TITLES, ...demo.rows.map((row) => cells(row, demo))];
  const widths = TITLES.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, i) => (i ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!))).join(" | ")} |`;
  const rule = widths.map((width, i) => (i ? `${"-".repeat(width - 1)}:` : "-".repeat(width)));
  return [line(TITLES), line(rule), ...rows.slice(1).map(line), "", notesOf(demo)].join("\n");
}
