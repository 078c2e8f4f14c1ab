export { bytes, compact, milliseconds, percent } from "@prune/cli/portable";

/** The names of the page's ten classes. */
const CLASSES = ["T-shirt", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"];

export const className = (index: number): string => CLASSES[index] ?? `class ${index}`;

/** A change in percent, with its sign: "−50%". */
export function change(before: number, after: number): string {
  if (!before) return "";
  const percent = Math.round((after / before - 1) * 100);
  return percent === 0 ? "±0%" : `${percent > 0 ? "+" : "−"}${Math.abs(percent)}%`;
}
