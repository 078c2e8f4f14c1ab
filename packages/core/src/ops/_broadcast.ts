import { needsNonzero, same, type Link } from "../solver/link.ts";
import { scalarOf } from "./_scalar.ts";
import type { OpContext, Operand } from "./define-op.ts";

/**
 * Links of an operator that works element by element with NumPy broadcasting: an axis of an input is the axis of
 * the output at the same distance from the end, unless it has size 1 there and is stretched.
 */
export function broadcastLinks(op: OpContext, inputs: readonly (Operand | undefined)[] = op.in): Link[] {
  const y = op.out[0];
  if (!y) return [];
  return inputs.flatMap((x) => (x ? alignedLinks(x, y, 0) : []));
}

/** The links of `broadcastLinks` for one input, leaving out the last `skip` axes of both. */
export function alignedLinks(x: Operand, y: Operand, skip: number): Link[] {
  const links: Link[] = [];
  for (let i = 1 + skip; i <= Math.min(x.rank, y.rank); i++) {
    if (x.dim(-i) !== 1 || y.dim(-i) === 1) links.push(same(x.axis(-i), y.axis(-i)));
  }
  return links;
}

/** `zero` rule of a sum: zero where every operand is there and zero. */
export const allZero = (zero: readonly (boolean | undefined)[]): boolean => zero.every((z) => z === true);

/** `zero` rule of a product: zero where any operand is zero. */
export const anyZero = (zero: readonly (boolean | undefined)[]): boolean => zero.includes(true);

/**
 * `zero` rule of an operator that maps zeros to zero as long as scalar constants among its operands obey `allows`:
 * zero where every operand that has the axis is zero, and every other one is such a constant.
 */
export const stillZero = (
  zero: readonly (boolean | undefined)[],
  op: OpContext,
  allows: (constant: number) => boolean,
): boolean => zero.includes(true) && zero.every((z, i) => z ?? allows(scalarOf(op.in[i]) ?? NaN));

/** `uniform` rule of an operator that works element by element: where all operands with the axis are, and others are scalars. */
export const stillUniform = (
  uniform: readonly (boolean | undefined)[],
  _zero: readonly (boolean | undefined)[],
  { node, in: inputs }: OpContext,
): boolean =>
  uniform.includes(true) && uniform.every((u, i) => u ?? (!node.inputs[i] || scalarOf(inputs[i]) !== undefined));

/** `uniform` rule of an operator that works on its first operand alone. */
export const firstUniform = ([x]: readonly (boolean | undefined)[]): boolean => x === true;

/** Says that no slice of an operand may be zero for a cut to be exact. */
export const nonzeroLinks = (x: Operand | undefined, reason: string): Link[] =>
  x ? x.dims.flatMap((size, i) => (size > 1 ? [needsNonzero(x.axis(i), reason)] : [])) : [];
