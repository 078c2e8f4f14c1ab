import { same, type Link } from "../solver/link.ts";
import type { Operand } from "./define-op.ts";

/** Axis `axis` of `part` is the beginning, mostly all, of the same axis of `whole`. */
export const prefix = (whole: Operand, part: Operand, axis: number): Link => {
  const [from, to, length] = [whole.axis(axis), part.axis(axis), part.dim(axis)];
  return whole.dim(axis) === length ? same(from, to) : { kind: "segment", from, fromStart: 0, to, toStart: 0, length };
};
