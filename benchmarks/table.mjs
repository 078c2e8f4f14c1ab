// A Markdown table that is printed as it grows, and written to a file at the end, with what it was measured on.
import { writeFileSync } from "node:fs";
import { availableParallelism, cpus } from "node:os";

/** @param {string} path @param {readonly string[]} heads the first column is text, all others are figures */
export function table(path, heads) {
  const rows = [heads];
  const line = (cells) => `| ${cells.join(" | ")} |`;
  console.log(`${line(heads)}\n${line(heads.map((_, i) => (i === 0 ? "---" : "---:")))}`);
  return {
    add(cells) {
      rows.push(cells);
      console.log(line(cells));
    },
    write: (note) => writeTable(path, rows, note),
  };
}

/** Writes rows, heads first, as a Markdown table, with what it was measured on. */
export function writeTable(path, rows, note) {
  const [heads] = rows;
  const line = (cells) => `| ${cells.join(" | ")} |`;
  const widths = heads.map((_, i) => Math.max(...rows.map((cells) => cells[i].length)));
  const padded = rows.map((cells) => line(cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))))); // prettier-ignore
  const rule = line(widths.map((width, i) => (i === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`)));
  const machine = `${cpus()[0]?.model ?? "unknown CPU"}, ${availableParallelism()} cores, Node.js ${process.versions.node}`;
  writeFileSync(path, `${[padded[0], rule, ...padded.slice(1)].join("\n")}\n\n${note} ${machine}.\n`);
}
