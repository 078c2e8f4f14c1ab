export { bytes, change, compact, milliseconds, percent, plural } from "@prune/report/text";

/** A flag as it is written: `--max-drop` of `maxDrop`. */
export function flagOf(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
