import { pin, same, type Link } from "../solver/link.ts";
import type { OpContext } from "./define-op.ts";

/** Links of an operator that slides a window over `X: [N, C, …]`, each channel by itself. */
export function poolLinks({ in: [x], out: [y], node }: OpContext): Link[] {
  if (!x || !y) return [];
  const reason = `spatial axis of ${node.opType}`;
  return [
    same(x.axis(0), y.axis(0)),
    same(x.axis(1), y.axis(1)),
    ...[x, y].flatMap((v) => v.dims.slice(2).map((_, i) => pin(v.axis(i + 2), reason))),
  ];
}
