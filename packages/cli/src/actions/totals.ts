import type { Cost } from "@prune/core";
import { bytes, change, compact, milliseconds, percent, plural } from "../lib/format.ts";
import { type Column, table } from "../lib/table.ts";
import type { Evaluation } from "./evaluate.ts";
import type { MeasuredLatency } from "./measure.ts";

/** What is known of two models. */
export interface Totals {
  readonly costs: readonly [Cost, Cost];
  readonly files: readonly [{ readonly bytes: number }, { readonly bytes: number }];
  /** Weights that are zero. */
  readonly zeros?: readonly [number, number] | undefined;
  readonly latency?: MeasuredLatency | undefined;
  readonly evaluation?: Evaluation | undefined;
}

/** A table of two models' totals with the change between them. */
export function totalsTable(
  titles: readonly [string, string],
  totals: Totals,
  heading: (line: string) => string,
): string {
  const columns: Column[] = ["", ...titles, "Change"].map((title, i) => ({ title, align: i ? "right" : "left" }));
  return table(columns, rowsOf(totals), heading);
}

function rowsOf({ costs: [before, after], files, zeros, latency, evaluation }: Totals): string[][] {
  const row = (title: string, a: number, b: number, show: (value: number) => string): string[] => [
    title,
    show(a),
    show(b),
    change(a, b),
  ];
  const rows = [
    row("MACs", before.macs, after.macs, compact),
    row("Parameters", before.params, after.params, compact),
    row("File", files[0].bytes, files[1].bytes, bytes),
  ];
  if (zeros) rows.splice(2, 0, row("Zero weights", ...zeros, compact));
  if (latency) {
    const [a, b] = latency.models;
    rows.push(
      row(`Latency (${latency.provider}, ${plural(latency.threads, "thread")})`, a!.median, b!.median, milliseconds),
    );
  }
  if (evaluation?.accuracy) {
    const [a, b] = evaluation.accuracy;
    rows.push(["Accuracy", percent(a), percent(b), points(b - a)]);
  }
  if (evaluation?.agreement !== undefined) rows.push(["Agreement", "", percent(evaluation.agreement), ""]);
  return rows;
}

function points(difference: number): string {
  if (difference === 0) return "0 points";
  return `${difference < 0 ? "−" : "+"}${Math.abs(difference * 100).toFixed(2)} points`;
}
