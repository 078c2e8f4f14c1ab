import { bytes, compact, milliseconds, percent } from "../text/format.ts";
import type { SweepCost, SweepValue } from "../types.ts";

/** What networks cost: what that is called, and how it is written. */
export const COSTS: Readonly<Record<keyof SweepCost, { readonly title: string; readonly show: (value: number) => string }>> = {
  macs: { title: "MACs", show: compact },
  params: { title: "Parameters", show: compact },
  bytes: { title: "File size", show: bytes },
  latency: { title: "Latency", show: milliseconds },
}; // prettier-ignore

/** A value as its measure is read. */
export function shownValue({ measure }: Pick<SweepValue, "measure">, value: number, digits = 2): string {
  return isShare(measure) ? percent(value, digits) : String(Number(value.toPrecision(4)));
}

/** Whether a measure is a fraction. */
export const isShare = (measure: string): boolean => measure === "accuracy" || measure === "agreement";
