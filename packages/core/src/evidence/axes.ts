import type { Analysis } from "../solver/analyze.ts";
import { axisKey, type AxisRef } from "../solver/link.ts";

/** The axes that statistics are gathered of: input and output features of every linear layer, each once. */
export function featureAxes({ linear }: Analysis): AxisRef[] {
  const axes = new Map<string, AxisRef>();
  for (const layer of linear) {
    for (const { value, axis } of [layer.input, layer.output]) axes.set(axisKey({ value, axis }), { value, axis });
  }
  return [...axes.values()];
}
