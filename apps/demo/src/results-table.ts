import { bytes, compact, table } from "@prune/cli";

/** One model of the demo's table. */
export interface Row {
  readonly name: string;
  /** Multiply-accumulates for one image. */
  readonly macs: number;
  readonly params: number;
  /** Size of the file. */
  readonly bytes: number;
  /** Median latency of one image. */
  readonly milliseconds: number;
  /** Fraction of the test images classified right. */
  readonly accuracy: number;
}

const TITLES = ["model", "MACs", "parameters", "file", "latency", "accuracy"];

const cells = (row: Row): string[] => [
  row.name,
  compact(row.macs),
  compact(row.params),
  bytes(row.bytes),
  `${row.milliseconds.toFixed(2)} ms`,
  `${(row.accuracy * 100).toFixed(2)} %`,
];

/** The rows as aligned text. */
export function asText(rows: readonly Row[]): string {
  const columns = TITLES.map((title, i) => (i ? { title, align: "right" as const } : { title }));
  return table(columns, rows.map(cells));
}

/** The rows as a Markdown table. */
export function asMarkdown(rows: readonly Row[]): string {
  const line = (parts: readonly string[]): string => `| ${parts.join(" | ")} |`;
  return [line(TITLES), line(TITLES.map((_, i) => (i ? "---:" : "---"))), ...rows.map((row) => line(cells(row)))].join("\n");
}
