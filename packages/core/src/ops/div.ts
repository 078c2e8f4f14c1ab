import { broadcastLinks, nonzeroLinks } from "./_broadcast.ts";
import { defineOp, type OpHandler } from "./define-op.ts";

/**
 * `C = A / B`, or what is left over after the division, element by element with broadcasting. A slice of B that is zero
 * would give infinities where the cut gives nothing. Spec: ONNX Div 7, 13, 14; Mod 10, 13.
 */
export const division: readonly OpHandler[] = (
  [
    ["Div", 7],
    ["Mod", 10],
  ] as const
).map(([type, since]) =>
  defineOp({
    type,
    since,
    links: (op) => [...broadcastLinks(op), ...nonzeroLinks(op.in[1], "is divided by")],
    zero: ([a, b]) => a === true && b !== true,
  }),
);
