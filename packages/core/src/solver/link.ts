/** One axis of one value. Negative axes have been resolved. */
export interface AxisRef {
  readonly value: string;
  readonly axis: number;
}

/** A name of an axis, to find it by. */
export const axisKey = ({ value, axis }: AxisRef): string => `${axis}:${value}`;

/** A factor of an axis that is no axis of its own: the groups of a grouped Conv, the gates of an LSTM. Local to one node. */
export interface Factor {
  readonly factor: string;
  readonly size: number;
}

/** Something that index spaces are built of. */
export type Term = AxisRef | Factor;

/**
 * One statement of an operator about slices that live and die together.
 *
 * - `equal`: the row-major product of the terms on the left has the same indices, in the same order, as that on the right.
 *   One term on each side says "same"; one against several says "merge"; several against several is a Reshape.
 * - `segment`: `length` indices of `from`, beginning at `fromStart`, are those of `to` beginning at `toStart`.
 * - `map`: index i of `to` is index `indices[i]` of `from`; −1 where it is none of them.
 * - `pin`: no slice of the axis or factor (or, with `index`, that one slice) may be cut.
 * - `lookup`: the axis is looked up by integers that are computed or fed; cut only where these are ids of tokens, which are
 *   counted anew then.
 * - `inexact`: the operator mixes the slices of the axis or factor, so that cutting some changes what the others become.
 * - `feature`: output features or contraction of a weighted operator; only what carries this mark is worth cutting.
 * - `heads`: the axis counts attention heads (a batch axis of a product of two activations).
 * - `blocks`: the factor counts the groups of a grouped operator.
 * - `balanced`: each of `blocks` equal runs of the axis keeps as many indices as the others, whichever they are.
 * - `needs-zero`: cutting is exact only where the slices of one of the axes are zero once their weights are.
 * - `needs-nonzero`: cutting is exact only where the slices are not zero (a divisor, a logarithm).
 */
export type Link =
  | { readonly kind: "equal"; readonly left: readonly Term[]; readonly right: readonly Term[] }
  | {
      readonly kind: "segment";
      readonly from: AxisRef;
      readonly fromStart: number;
      readonly to: AxisRef;
      readonly toStart: number;
      readonly length: number;
    }
  | { readonly kind: "map"; readonly from: Term; readonly to: Term; readonly indices: ArrayLike<number> }
  | { readonly kind: "pin"; readonly axis: Term; readonly index?: number; readonly reason: string }
  | { readonly kind: "lookup"; readonly axis: AxisRef; readonly by: string }
  | { readonly kind: "inexact"; readonly axis: Term; readonly reason: string }
  | { readonly kind: "feature"; readonly axis: AxisRef; readonly role: "output" | "input" }
  | { readonly kind: "heads"; readonly axis: Term }
  | { readonly kind: "blocks"; readonly factor: Factor }
  | { readonly kind: "balanced"; readonly axis: AxisRef; readonly blocks: number; readonly reason: string }
  | { readonly kind: "needs-zero"; readonly anyOf: readonly AxisRef[]; readonly reason: string }
  | { readonly kind: "needs-nonzero"; readonly axis: AxisRef; readonly reason: string };

/** A factor of `size`; the same name means the same factor within one node. */
export const factor = (name: string, size: number): Factor => ({ factor: name, size });

/** Both axes have the same indices. */
export const same = (a: Term, b: Term): Link => ({ kind: "equal", left: [a], right: [b] });

/** `whole` is the row-major product of the factors. */
export const merge = (factors: readonly Term[], whole: Term): Link => ({
  kind: "equal",
  left: factors,
  right: [whole],
});

/** All of `from` is a run of `to` that begins at `toStart` (Concat, Pad). */
export const offset = (from: AxisRef, to: AxisRef, toStart: number, length: number): Link => ({
  kind: "segment",
  from,
  fromStart: 0,
  to,
  toStart,
  length,
});

/** Index i of `to` is index `indices[i]` of `from`; −1 where it has no source. */
export const map = (from: Term, to: Term, indices: ArrayLike<number>): Link => ({
  kind: "map",
  from,
  to,
  indices,
});

export const pin = (axis: Term, reason: string, index?: number): Link =>
  index === undefined ? { kind: "pin", axis, reason } : { kind: "pin", axis, reason, index };
/** `by` is the value that holds the indices. */
export const lookup = (axis: AxisRef, by: string): Link => ({ kind: "lookup", axis, by });
export const inexact = (axis: Term, reason: string): Link => ({ kind: "inexact", axis, reason });
/** `role` says whether the axis holds what the operator yields (default) or is contracted with what it reads. */
export const feature = (axis: AxisRef, role: "output" | "input" = "output"): Link => ({ kind: "feature", axis, role });
export const heads = (axis: Term): Link => ({ kind: "heads", axis });
export const blocks = (f: Factor): Link => ({ kind: "blocks", factor: f });
export const balanced = (axis: AxisRef, count: number, reason: string): Link => ({
  kind: "balanced",
  axis,
  blocks: count,
  reason,
});
export const needsZero = (anyOf: readonly AxisRef[], reason: string): Link => ({ kind: "needs-zero", anyOf, reason });
export const needsNonzero = (axis: AxisRef, reason: string): Link => ({ kind: "needs-nonzero", axis, reason });
