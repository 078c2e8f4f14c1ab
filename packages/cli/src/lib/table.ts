import Table from "cli-table3";

/** A column's heading, and which way its cells are pushed. */
export interface Column {
  readonly title: string;
  readonly align?: "left" | "right";
}

/** No lines between cells; columns are two spaces apart. */
const PLAIN = Object.fromEntries(
  ["top", "bottom", "left", "right", "mid"].flatMap((edge) =>
    ["", "-mid", "-left", "-right"].map((at) => [edge + at, ""]),
  ),
);

/** Lines of text with columns beside each other; `heading` dresses the first line. */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  heading: (line: string) => string = (line) => line,
): string {
  const drawn = new Table({
    chars: { ...PLAIN, middle: "  " },
    style: { "padding-left": 0, "padding-right": 0, head: [], border: [] },
    colAligns: columns.map(({ align = "left" }) => align),
  });
  drawn.push(
    columns.map(({ title }) => title),
    ...rows.map((row) => columns.map((_, i) => row[i] ?? "")),
  );
  const [first = "", ...rest] = drawn
    .toString()
    .split("\n")
    .map((line) => line.trimEnd());
  return [heading(first), ...rest].join("\n");
}
