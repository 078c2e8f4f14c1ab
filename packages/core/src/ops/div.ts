import { broadcastLinks, nonzeroLinks, stillUniform } from "./_broadcast.ts";
import { defineOp, type OpHandler } from "./define-op.ts";

const division = (type: string, since: number): OpHandler =>
  defineOp({
    type,
    since,
    links: (op) => [...broadcastLinks(op), ...nonzeroLinks(op.in[1], `is what ${type} divides by`)],
    zero: ([a, b]) => a === true && b !== true,
    uniform: stillUniform,
  });

/**
 * `C = A / B`, element by element with broadcasting. A slice of B that is zero would give infinities where the cut gives
 * nothing. Spec: ONNX Div 7, 13, 14.
 */
export const div: OpHandler = division("Div", 7);

/** What is left over of A after division by B. Spec: ONNX Mod 10, 13. */
export const mod: OpHandler = division("Mod", 10);
