import { cholesky, dampedCholesky, dot, invertLower, multiply, type Gemm } from "@prune/core";
import { betweenOf, columnsOf, compact, squareOf, subtractProduct } from "./submatrix.ts";

/** A block of a layer that reads a group, while units leave it; changed in place. */
export interface Reader {
  readonly rows: number;
  /** Number of columns that are left, n. */
  columns: number;
  /** `[rows, n]`, at the beginning of its array: what makes up for what left, `W·H = W₀·H₀` in the columns that are left. */
  readonly weights: Float64Array;
  /**
   * `[n, n]`, likewise: the inverse of H, the damped second moments of the columns that are left; only what lies on the
   * diagonal and below it counts. Undefined where there are none: then nothing makes up for what leaves.
   */
  readonly inverse: Float64Array | undefined;
  /** The columns of each unit that is left, ascending. */
  readonly owned: Map<number, Int32Array>;
  /** Per row the unit that it leaves with, or −1. */
  readonly unitOfRow: Int32Array;
}

/**
 * Adds to each unit what the reader loses if it is the next to leave and all columns that are left make up for it: with J
 * its columns, `Σ_i w_iJ·([H⁻¹]_JJ)⁻¹·w_iJᵀ` over rows i that stay.
 */
export async function addLosses(
  { rows, columns: n, weights, inverse, owned, unitOfRow }: Reader,
  losses: Float64Array,
): Promise<void> {
  for (const [unit, own] of owned) {
    const lower = inverse && (await cholesky(squareOf(inverse, n, own), own.length));
    const z = new Float64Array(own.length);
    let loss = 0;
    for (let r = 0; r < rows; r++)
      if (unitOfRow[r] !== unit)
        loss += lower ? squaredNorm(lower, weights, r * n, own, z) : squares(weights, r * n, own);
    losses[unit]! += loss;
  }
}

/** `|z|²` with `L·z = w`, which is `w·(L·Lᵀ)⁻¹·wᵀ`; w are some elements of a row that begins at a position. */
function squaredNorm(
  lower: Float64Array,
  weights: Float64Array,
  row: number,
  own: Int32Array,
  z: Float64Array,
): number {
  const k = own.length;
  let sum = 0;
  for (let i = 0; i < k; i++) {
    const value = (weights[row + own[i]!]! - dot(lower, i * k, z, 0, i)) / lower[i * k + i]!;
    z[i] = value;
    sum += value * value;
  }
  return sum;
}

function squares(weights: Float64Array, row: number, own: Int32Array): number {
  let sum = 0;
  for (let i = 0; i < own.length; i++) sum += weights[row + own[i]!]! ** 2;
  return sum;
}

/** The reader with the columns of some units only: what it says of these is true until others leave. */
export function partOf(
  { rows, columns, weights, inverse, owned, unitOfRow }: Reader,
  units: readonly number[],
): Reader {
  const chosen = units.filter((unit) => owned.has(unit));
  const list = Int32Array.from(chosen.flatMap((unit) => [...owned.get(unit)!])).sort();
  const part = new Map(chosen.map((unit) => [unit, owned.get(unit)!]));
  renumber(part, columns, list);
  return {
    rows,
    columns: list.length,
    weights: columnsOf(weights, columns, rows, list),
    inverse: inverse && squareOf(inverse, columns, list),
    owned: part,
    unitOfRow,
  };
}

/**
 * Takes units away. With R their columns, S those that stay, and `[H⁻¹]_RR = L·Lᵀ`, the rest makes up for them:
 * `W_S −= (W_R·L⁻ᵀ)·Vᵀ` and `[H⁻¹]_SS −= V·Vᵀ`, with `V = [H⁻¹]_SR·L⁻ᵀ`; the latter is the inverse of `H_SS`. Rows that
 * leave with a unit become zero.
 */
export async function leave(reader: Reader, units: readonly number[], gemm: Gemm = multiply): Promise<void> {
  const { rows, columns: n, weights, inverse, owned, unitOfRow } = reader;
  const gone = new Uint8Array(n);
  for (const unit of units) {
    for (const c of owned.get(unit) ?? []) gone[c] = 1;
    owned.delete(unit);
    for (let r = 0; r < rows; r++) if (unitOfRow[r] === unit) weights.fill(0, r * n, (r + 1) * n);
  }
  const leaves = Int32Array.from(gone.keys()).filter((c) => gone[c]);
  const stays = Int32Array.from(gone.keys()).filter((c) => !gone[c]);
  const [lost, rest] = [leaves.length, stays.length];
  if (!lost) return;
  renumber(owned, n, stays);
  reader.columns = rest;
  const removed = columnsOf(weights, n, rows, leaves);
  const all = Int32Array.from({ length: rows }, (_, r) => r);
  compact(weights, n, all, stays);
  if (!inverse) return;
  const own = squareOf(inverse, n, leaves);
  const across = betweenOf(inverse, n, stays, leaves);
  compact(inverse, n, stays, stays);
  const factor = await dampedCholesky(own, lost, { damping: 0, gemm });
  if (!factor) return;
  const lower = await invertLower(factor.lower, lost, gemm);
  const v = await gemm(across, lower, rest, lost, lost);
  const w = await gemm(removed, lower, rows, lost, lost);
  await subtractProduct(weights, w, v, [rows, lost, rest], { gemm });
  await subtractProduct(inverse, v, v, [rest, lost, rest], { gemm, lower: true });
}

/** Gives columns the places that they have in an ascending list of some of them. */
function renumber(owned: Map<number, Int32Array>, n: number, list: Int32Array): void {
  const place = new Int32Array(n);
  list.forEach((c, at) => (place[c] = at));
  for (const [unit, own] of owned) owned.set(unit, own.map((c) => place[c]!)); // prettier-ignore
}
