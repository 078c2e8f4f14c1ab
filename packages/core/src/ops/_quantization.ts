import { pin, same, type AxisRef, type Link } from "../solver/link.ts";
import type { Operand } from "./define-op.ts";

/** Links of scales and zero points, of which there is one, or one per index of an axis of `size`. */
export const perAxis = (axis: AxisRef, size: number, parameters: readonly (Operand | undefined)[]): Link[] =>
  parameters.flatMap((p) => (p?.rank === 1 && p.dim(0) === size && size > 1 ? [same(p.axis(0), axis)] : []));

/**
 * Links of scales and zero points of any layout to the values they belong to: one number, one per index of `axis`, or
 * one per block of `axis`, which then stays whole.
 */
export function quantizationLinks(x: Operand, axis: number, parameters: readonly (Operand | undefined)[]): Link[] {
  if (x.rank === 0) return [];
  const along = x.axis(axis);
  return parameters.flatMap((p): Link[] => {
    if (!p || p.rank !== x.rank || x.rank === 1) return perAxis(along, x.dim(axis), [p]);
    return p.dims.map((_, i) =>
      i === along.axis ? pin(x.axis(i), "is quantised in blocks") : same(p.axis(i), x.axis(i)),
    );
  });
}
