/** A column's heading, and which way its cells are pushed. */
export interface Column {
  readonly title: string;
  readonly align?: "left" | "right";
}

/** Lines of text with columns beside each other; `heading` dresses the first line. */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  heading: (line: string) => string = (line) => line,
): string {
  const widths = columns.map(({ title }, i) => Math.max(title.length, ...rows.map((row) => row[i]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    columns
      .map(({ align }, i) =>
        align === "right" ? (cells[i] ?? "").padStart(widths[i]!) : (cells[i] ?? "").padEnd(widths[i]!),
      )
      .join("  ")
      .trimEnd();
  return [heading(line(columns.map((c) => c.title))), ...rows.map(line)].join("\n");
}
