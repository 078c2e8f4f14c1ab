import { pin, same, type AxisRef, type Link } from "../solver/link.ts";
import type { Operand } from "./define-op.ts";

/** What all convolutions say: batch, the kernel's output channels `out` with the bias and `Y`, and spatial axes. */
export const convolutionLinks = (x: Operand, y: Operand, out: AxisRef, b: Operand | undefined): Link[] => [
  same(x.axis(0), y.axis(0)),
  ...(out.value === y.name ? [] : [same(out, y.axis(1))]),
  ...(b ? [same(out, b.axis(0))] : []),
  ...[x, y].flatMap((v) => v.dims.slice(2).map((_, i) => pin(v.axis(i + 2), "spatial axis of a convolution"))),
];
