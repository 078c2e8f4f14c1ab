import { createColors } from "picocolors";
import type { Io } from "../io.ts";
import { bytes, compact, plural } from "../lib/format.ts";
import { type Column, table } from "../lib/table.ts";
import { blockedLines } from "./blocked-lines.ts";
import type { InspectedGroup, Inspection } from "./inspect.ts";

/** Prints an inspection for people: layers with the numbers of their groups, the groups, what stays whole, totals. */
export function printInspection(inspection: Inspection, { stdout }: Io): void {
  const { file, totals, layers, groups, blocks } = inspection;
  const { bold, dim } = createColors(stdout.isTTY === true);
  const free = groups.filter((g) => !g.blocked);
  const numbers = new Map(free.map((g, i) => [g.id, String(i + 1)]));
  const reasons = new Map(groups.map((g) => [g.id, g.blocked]));
  const groupCell = (ids: readonly string[]): string => {
    const own = ids.flatMap((id) => numbers.get(id) ?? []);
    if (own.length) return own.join(", ");
    const why = ids.map((id) => reasons.get(id)).find(Boolean);
    return why ? `whole: ${why.reason}${why.node === undefined ? "" : ` (${why.node})`}` : "";
  };
  const rows = layers.map((l) => [
    l.name,
    l.opType,
    String(l.channels || ""),
    compact(l.macs),
    compact(l.params),
    groupCell(l.outputGroups),
  ]);
  const other = totals.macs - layers.reduce((n, l) => n + l.macs, 0);
  if (other > 0) rows.push(["", "other", "", compact(other), "", ""]);
  stdout.write(`${table(LAYER_COLUMNS, rows, bold)}\n\n`);
  const lines = free.map((g, i) => [String(i + 1), unitsOf(g), list(g.outputsOf), list(g.inputsOf)]);
  if (lines.length) stdout.write(`${table(GROUP_COLUMNS, lines, bold)}\n\n`);
  const whole = blocks.map((b) => [b.name, b.kind, compact(b.macs), compact(b.params), list(b.layers)]);
  if (whole.length) stdout.write(`${table(BLOCK_COLUMNS, whole, bold)}\n\n`);
  const blocked = blockedLines(groups.flatMap(({ id, blocked: why }) => (why ? [{ group: id, ...why }] : [])));
  if (blocked.length) stdout.write(`${bold("Stays whole")}\n${dim(blocked.map((line) => `  ${line}`).join("\n"))}\n\n`);
  stdout.write(
    `${file.path}: ${plural(layers.length, "layer")}, ${compact(totals.macs)} MACs, ${compact(totals.params)} parameters, ${bytes(file.bytes)}; ` +
      `${plural(free.length, "group")} can be cut, ${groups.length - free.length} cannot${blocks.length ? `; ${plural(blocks.length, "block")} can be removed whole` : ""}.\n`,
  );
  const sizes = sizesLine(inspection);
  if (sizes !== undefined) stdout.write(`${sizes}\n`);
}

/** What sizes MACs were counted at, where the model leaves more open than the number of samples. */
function sizesLine({ inputs, sizes }: Inspection): string | undefined {
  const open = inputs.flatMap(({ dims }) => dims?.slice(1).filter((d) => typeof d !== "number") ?? []);
  if (!open.length) return undefined;
  const list = inputs.map(({ name }, i) => `${name} [${sizes[i]!.join(", ")}]`).join(", ");
  return `MACs are counted at ${list}; --dim NAME=N states other sizes.`;
}

const LAYER_COLUMNS: readonly Column[] = [
  { title: "Layer" },
  { title: "Operator" },
  { title: "Channels", align: "right" },
  { title: "MACs", align: "right" },
  { title: "Parameters", align: "right" },
  { title: "Group" },
];

const GROUP_COLUMNS: readonly Column[] = [
  { title: "Group", align: "right" },
  { title: "Size" },
  { title: "Outputs of" },
  { title: "Inputs of" },
];

const BLOCK_COLUMNS: readonly Column[] = [
  { title: "Removable block" },
  { title: "Kind" },
  { title: "MACs", align: "right" },
  { title: "Parameters", align: "right" },
  { title: "Layers" },
];

function unitsOf({ kind, size, width, exact }: InspectedGroup): string {
  return `${size} ${kind}${width > 1 ? ` of ${width}` : ""}${exact ? "" : ", not exact"}`;
}

/** How many names a cell holds. */
const NAMES = 4;

function list(names: readonly string[]): string {
  return names.slice(0, NAMES).join(", ") + (names.length > NAMES ? ` and ${names.length - NAMES} more` : "");
}
