import type { ValueInfo } from "../graph/graph.ts";
import type { Cut } from "./cut.ts";

/** What is left of an input or output, in terms of the network that was cut first. */
export function narrowed(value: ValueInfo, cut: Cut): ValueInfo {
  const axes = cut.axesOf(value.name);
  if (cut.tokens?.input === value.name) {
    const { kept } = cut.tokens;
    return { ...value, ids: value.ids ? Int32Array.from(kept, (id) => value.ids![id]!) : kept };
  }
  if (!axes.size) return value;
  const kept = new Map(value.kept);
  for (const [axis, indices] of axes) {
    const before = kept.get(axis);
    kept.set(axis, before ? Int32Array.from(indices, (i) => before[i]!) : indices);
  }
  return { ...value, dims: value.dims?.map((d, axis) => axes.get(axis)?.length ?? d), kept };
}
