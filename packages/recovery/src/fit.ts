import { dampedCholesky, multiply, solveCholesky, type Gemm } from "@prune/core";

/** The moments of one block; sums over `count` positions. */
export interface BlockMoments {
  readonly count: number;
  /** Σ x·xᵀ, row-major `[columns, columns]`. */
  readonly xx: Float64Array;
  /** Σ e·xᵀ, row-major `[rows, columns]`. */
  readonly ex: Float64Array;
  readonly x: Float64Array;
  readonly e: Float64Array;
  /** Σ e², per row. */
  readonly ee: Float64Array;
}

export interface FitOptions {
  /** Strength of the pull towards the weights as they are, as a fraction of the mean of the diagonal of `x·xᵀ`. */
  readonly ridge: number;
  /** Whether there is a bias to fit, too. */
  readonly bias: boolean;
  /** Columns whose weights may change, per row; undefined: all of them. */
  readonly support?: ((row: number) => readonly number[]) | undefined;
  readonly gemm?: Gemm;
}

/** By how much weights and biases are to change. */
export interface Fit {
  /** Row-major `[rows, columns]`. */
  readonly weights: Float64Array;
  /** Zeros where there is no bias. */
  readonly bias: Float64Array;
  /** Squared error that was there, and that is left, summed over rows and positions. */
  readonly before: number;
  readonly after: number;
}

/**
 * Least squares: the change D of the weights, and d of the biases, with the least `Σ |e − D·x − d|² + λ·|D|²` (He et al.
 * 2017, arXiv 1707.06168, with a pull towards the weights as they are in place of none). With a bias, x and e are taken
 * from their means. Rows whose errors are not finite, or would grow, stay as they are, and so do all rows where no
 * damping makes the matrix positive definite.
 */
export async function fit(moments: BlockMoments, { ridge, bias, support, gemm = multiply }: FitOptions): Promise<Fit> {
  const { count } = moments;
  const [columns, rows] = [moments.x.length, moments.e.length];
  const { xx, ex, ee } = bias ? centred(moments) : moments;
  const change = new Float64Array(rows * columns);
  for (const [chosen, set] of bySupport(rows, support)) {
    const n = set?.length ?? columns;
    const index = (i: number): number => set?.[i] ?? i;
    const a = set ? square(xx, columns, set) : xx;
    const factor = await dampedCholesky(a, n, { damping: ridge, gemm });
    if (!factor) continue;
    const right = new Float64Array(chosen.length * n);
    chosen.forEach((row, at) => {
      for (let i = 0; i < n; i++) right[at * n + i] = ex[row * columns + index(i)]!;
    });
    const solved = await solveCholesky(factor.lower, n, right, chosen.length, gemm);
    chosen.forEach((row, at) => {
      for (let i = 0; i < n; i++) change[row * columns + index(i)] = solved[at * n + i]!;
    });
  }
  const product = await gemm(change, xx, rows, columns, columns); // x·xᵀ is symmetric
  const shift = new Float64Array(rows);
  let [before, after] = [0, 0];
  for (let row = 0; row < rows; row++) {
    let gain = 0;
    for (let i = row * columns; i < (row + 1) * columns; i++) gain += change[i]! * (2 * ex[i]! - product[i]!);
    const had = moments.ee[row]!;
    const left = ee[row]! - gain;
    if (!(left <= had)) change.fill(0, row * columns, (row + 1) * columns);
    else if (bias) {
      let mean = moments.e[row]!;
      for (let i = 0; i < columns; i++) mean -= change[row * columns + i]! * moments.x[i]!;
      shift[row] = mean / count;
    }
    if (!Number.isFinite(had)) continue;
    before += had;
    after += left <= had ? Math.max(0, left) : had;
  }
  return { weights: change, bias: shift, before, after };
}

/** Moments about the means. */
function centred({ count, xx, ex, x, e, ee }: BlockMoments): Pick<BlockMoments, "xx" | "ex" | "ee"> {
  const columns = x.length;
  const about = (sum: Float64Array, left: Float64Array): Float64Array =>
    sum.map((v, i) => v - (left[Math.floor(i / columns)]! * x[i % columns]!) / count);
  const xxCentred = about(xx, x);
  // What is constant has no spread; rounding must not leave it one below zero.
  for (let i = 0; i < columns; i++) xxCentred[i * columns + i] = Math.max(0, xxCentred[i * columns + i]!);
  return { xx: xxCentred, ex: about(ex, e), ee: ee.map((v, row) => Math.max(0, v - e[row]! ** 2 / count)) };
}

/** Rows that share a support are solved together. */
function bySupport(
  rows: number,
  support: FitOptions["support"],
): Iterable<readonly [rows: number[], columns: readonly number[] | undefined]> {
  const all = Array.from({ length: rows }, (_, row) => row);
  if (!support) return [[all, undefined]];
  const groups = new Map<string, [number[], readonly number[]]>();
  for (const row of all) {
    const columns = support(row);
    const key = columns.join();
    const group = groups.get(key);
    if (group) group[0].push(row);
    else if (columns.length) groups.set(key, [[row], columns]);
  }
  return groups.values();
}

/** The rows and columns of a square matrix that are in a set. */
function square(matrix: Float64Array, size: number, set: readonly number[]): Float64Array {
  const part = new Float64Array(set.length ** 2);
  set.forEach((row, i) => {
    for (let j = 0; j < set.length; j++) part[i * set.length + j] = matrix[row * size + set[j]!]!;
  });
  return part;
}
