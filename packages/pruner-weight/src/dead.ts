import { type AxisRef, type ChannelGroup, unitsAlong } from "@prune/core";
import type { Constants } from "./constants.ts";
import { type Contraction, contractionsOf, follow, type Follower, type Rules } from "./follow.ts";
import { byUnit, UNIFORM, type Weights, ZERO } from "./weights.ts";

/** Units of a group that may not matter. */
export interface Suspects {
  readonly group: ChannelGroup;
  /** 1 for each such unit. */
  readonly units: Uint8Array;
  /** Sums that some of them add a constant to, which must be known before it is known whether they can go. */
  readonly constant: readonly { readonly contraction: Contraction; readonly units: Uint8Array }[];
}

/**
 * The units of a group that can go without a change of what the network computes, as far as rules can tell. A unit can
 * when every sum over it adds nothing: what is summed is zero, or the weights that it is multiplied with are. One that
 * yields a constant may be able to, see {@link convict}.
 */
export function suspects(rules: Rules, weights: Weights, group: ChannelGroup): Suspects | undefined {
  if (!group.exact || !hasZeros(group, weights)) return undefined;
  const { analysis } = rules;
  const facts = follow(rules, weights, group);
  const units = new Uint8Array(group.size).fill(1);
  const constant = contractionsOf(rules, group).map((contraction) => ({
    contraction,
    units: checkSum(units, facts, contraction),
  }));
  for (const { kind, axes } of analysis.space.conditions) {
    const concerned = kind === "needs-zero" ? axes.filter((axis) => unitsAlong(analysis, group, axis)) : [];
    if (!concerned.length) continue;
    const zeros = concerned.map((axis) => facts.along(axis));
    for (let u = 0; u < units.length; u++) if (!zeros.some((z) => z?.[u] === ZERO)) units[u] = 0;
  }
  if (!units.includes(1)) return undefined;
  return { group, units, constant: constant.filter((sum) => sum.units.some((x, u) => x && units[u])) };
}

/** Crosses out the units that a layer's sum needs. @returns 1 for those that add a constant to it */
function checkSum(units: Uint8Array, facts: Follower, { weight, data }: Contraction): Uint8Array {
  const weightFacts = facts.along(weight);
  const dataFacts = data.map((axis) => facts.along(axis));
  const constant = new Uint8Array(units.length);
  for (let u = 0; u < units.length; u++) {
    const read = data.length ? Math.min(...dataFacts.map((d) => d?.[u] ?? 0)) : 0;
    if (weightFacts?.[u] === ZERO || read === ZERO) continue;
    if (read === UNIFORM) constant[u] = 1;
    else units[u] = 0;
  }
  return constant;
}

/** Whether any weight of a group has a slice of zeros: without one, none of its units is dead. */
function hasZeros({ members, size }: ChannelGroup, weights: Weights): boolean {
  return members.some(({ tensor, axis, unitOf }) => {
    const units = Int32Array.from({ length: tensor.dims[axis]! }, (_, i) => unitOf(i));
    return byUnit(weights.along(tensor, axis), units, size).includes(ZERO);
  });
}

/** A layer that some units add a constant to, which its bias is to take over. */
export interface Fold {
  readonly contraction: Contraction;
  readonly units: Uint8Array;
}

/**
 * Clears suspects whose constants matter: a constant may be zero after all; and what adds the same to every output of a
 * layer can become a part of its bias, but not where the layer reads zeros beyond the edges instead of the constant.
 */
export function convict(
  { analysis }: Rules,
  { group, units: suspected, constant }: Suspects,
  constants: Constants,
): { readonly units: Uint8Array; readonly folds: readonly Fold[] } {
  const units = suspected.slice();
  const folds = constant.map(({ contraction, units: adding }) => {
    const { layer, bias, data } = contraction;
    const zero = data.map((axis) => zeroUnits(constants.of(axis), unitsAlong(analysis, group, axis)!, group.size));
    const folded = adding.map((x, u) => (x && !zero.every((z) => z[u]) ? 1 : 0));
    const possible = layer && bias && !layer.padded;
    if (!possible) folded.forEach((x, u) => (units[u] = x ? 0 : units[u]!));
    return { contraction, units: possible ? folded : new Uint8Array(group.size) };
  });
  for (const fold of folds) fold.units.forEach((x, u) => (fold.units[u] = x && units[u]!));
  return { units, folds: folds.filter((fold) => fold.units.includes(1)) };
}

function zeroUnits(numbers: Float32Array, along: ArrayLike<number>, size: number): Uint8Array {
  const zero = new Uint8Array(size).fill(1);
  numbers.forEach((x, i) => {
    if (x !== 0 && along[i]! >= 0) zero[along[i]!] = 0;
  });
  return zero;
}

/** What must be measured before suspects are judged. */
export const axesOf = ({ constant }: Suspects): AxisRef[] => constant.flatMap(({ contraction }) => contraction.data);

/** Sets everything that belongs to some units to zero. */
export function clearUnits(weights: Weights, { members }: ChannelGroup, units: Uint8Array): void {
  for (const { tensor, axis, unitOf } of members) weights.clear(tensor, axis, (i) => units[unitOf(i)] === 1);
}
