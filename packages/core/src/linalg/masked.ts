import { multiply, type Gemm } from "./gemm.ts";

/** It ends when the preconditioned residual, squared, has come down to this fraction of what it was. */
const ENOUGH = 1e-9;

/** Elements of the rows that are solved at a time: 32 MiB each of residuals, directions and images. */
const PANEL = 2 ** 22;

export interface MaskedEquations {
  /** Where the search starts, `[rows, n]`: zero where nothing stays. Changed in place. */
  readonly weights: Float64Array;
  /** The right side B, `[rows, n]`. */
  readonly wanted: Float64Array;
  /** 1 for weights that stay, `[rows, n]`. */
  readonly stays: Uint8Array;
  /** H, symmetric and positive definite, `[n, n]`. */
  readonly hessian: Float64Array;
  readonly rows: number;
  /** The most steps; each is one product of `[rows, n]` with H. */
  readonly steps: number;
  readonly gemm?: Gemm | undefined;
}

/**
 * Solves `W·H = B` where weights stay, with all others zero: the least squares that each row's mask allows. Conjugate
 * gradients with a diagonal preconditioner (Hestenes and Stiefel 1952), many rows at once, so that rows that are masked
 * each in its own way need no factor each. A row that is not finite stays where it started.
 */
export async function solveMasked(input: MaskedEquations): Promise<void> {
  const { weights, wanted, stays, rows } = input;
  const n = weights.length / rows;
  const height = Math.max(1, Math.floor(PANEL / n));
  for (let first = 0; first < rows; first += height) {
    const last = Math.min(rows, first + height);
    const own = <T extends Float64Array | Uint8Array>(of: T): T => of.subarray(first * n, last * n) as T;
    await solvePanel({ ...input, weights: own(weights), wanted: own(wanted), stays: own(stays), rows: last - first });
  }
}

/** The same for all rows at once, whose residuals end the search together. */
async function solvePanel(input: MaskedEquations): Promise<void> {
  const { weights, wanted, stays, hessian, rows, steps, gemm = multiply } = input;
  const n = weights.length / rows;
  const residual = new Float64Array(weights.length);
  const start = await gemm(weights, hessian, rows, n, n);
  for (let at = 0; at < residual.length; at++) if (stays[at]) residual[at] = wanted[at]! - start[at]!;
  const direction = new Float64Array(weights.length);
  const energies = new Float64Array(rows);
  let enough = 0;
  for (let step = 0; step < steps; step++) {
    for (let r = 0; r < rows; r++) energies[r] = turn(r, residual, direction, energies[r]!, hessian, n);
    const error = energies.reduce((sum, energy) => (Number.isFinite(energy) ? sum + energy : sum), 0);
    if (step === 0) enough = ENOUGH * error;
    if (error <= enough) break;
    const image = await gemm(direction, hessian, rows, n, n);
    for (let r = 0; r < rows; r++) {
      if (!Number.isFinite(energies[r]!)) continue;
      // Directions are zero where nothing stays, so that the image counts for nothing there.
      let curvature = 0;
      for (let at = r * n; at < (r + 1) * n; at++) curvature += direction[at]! * image[at]!;
      const length = curvature > 0 ? energies[r]! / curvature : 0;
      for (let at = r * n; at < (r + 1) * n; at++) {
        weights[at]! += length * direction[at]!;
        if (stays[at]) residual[at]! -= length * image[at]!;
      }
    }
  }
}

/** Turns a row's direction, conjugate to those before. @returns the row's squared residual, preconditioned */
function turn(
  row: number,
  residual: Float64Array,
  direction: Float64Array,
  earlier: number,
  hessian: Float64Array,
  n: number,
): number {
  let energy = 0;
  for (let c = 0; c < n; c++) energy += residual[row * n + c]! ** 2 / hessian[c * n + c]!;
  const beta = earlier > 0 ? energy / earlier : 0;
  for (let c = 0; c < n; c++)
    direction[row * n + c] = residual[row * n + c]! / hessian[c * n + c]! + beta * direction[row * n + c]!;
  return energy;
}
