import type { Analysis } from "../solver/analyze.ts";
import type { AxisRef } from "../solver/link.ts";

/** What an axis is known by. */
export const keyOf = ({ value, axis }: AxisRef): string => `${axis}:${value}`;

/** The axes that statistics are gathered of: input and output features of every linear layer, each once. */
export function featureAxes({ linear }: Analysis): AxisRef[] {
  const axes = new Map<string, AxisRef>();
  for (const layer of linear) {
    for (const { value, axis } of [layer.input, layer.output]) axes.set(keyOf({ value, axis }), { value, axis });
  }
  return [...axes.values()];
}
