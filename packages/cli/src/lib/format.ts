export { bytes, change, compact, milliseconds, percent, plural } from "@prune/report/text";

/** Any number, to four significant digits. */
export function significant(value: number): string {
  return String(Number(value.toPrecision(4)));
}

/** A flag as it is written: `--max-drop` of `maxDrop`. */
export function flagOf(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
