import { pin, type Link } from "../solver/link.ts";
import type { OpContext } from "./define-op.ts";

/** Pins every axis of every input and output: for a form of an operator that no rule covers. */
export const pinAll = (op: OpContext, reason: string): Link[] =>
  [...op.in, ...op.out].flatMap((v) => (v ? v.dims.map((_, i) => pin(v.axis(i), reason)) : []));
