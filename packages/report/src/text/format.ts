/** A number with three figures and k, M, G or T. */
export function compact(value: number): string {
  const steps = [
    [1e12, "T"],
    [1e9, "G"],
    [1e6, "M"],
    [1e3, "k"],
  ] as const;
  for (const [size, letter] of steps) if (value >= size * 0.9995) return `${figures(value / size)} ${letter}`;
  return String(Math.round(value));
}

/** Bytes as kB, MB or GB (powers of ten). */
export function bytes(value: number): string {
  return value < 1000
    ? `${value} B`
    : compact(value)
        .replace(" k", " kB")
        .replace(/ ([MGT])$/, " $1B");
}

function figures(value: number): string {
  return value.toFixed(value < 9.995 ? 2 : value < 99.95 ? 1 : 0);
}

/** A change in percent, with its sign. */
export function change(before: number, after: number): string {
  if (before === after) return "0%";
  if (before === 0) return "";
  const percent = (after / before - 1) * 100;
  return `${percent > 0 ? "+" : "−"}${Math.abs(percent).toFixed(1)}%`;
}

/** A fraction in percent. */
export function percent(fraction: number, digits = 2): string {
  return `${(fraction * 100).toFixed(digits)}%`;
}

/** Milliseconds with three figures. */
export function milliseconds(value: number): string {
  return `${value.toPrecision(3)} ms`;
}

/** "1 group", "2 groups". */
export function plural(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}
