import { dampedCholesky, dampedDiagonal, multiply, replaceDiagonal, solveCholesky, solveMasked, type Gemm } from "@prune/core"; // prettier-ignore

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
  /** 1 where weights may change, row-major `[rows, columns]`; undefined: everywhere. */
  readonly support?: Uint8Array | undefined;
  readonly gemm?: Gemm;
}

type Solving = Required<Pick<FitOptions, "ridge" | "gemm">>;

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

/** Elements of the rows that are solved at a time: 32 MiB of memory. */
const PANEL = 2 ** 22;

/**
 * Least squares: the change D of the weights, and d of the biases, with the least `Σ |e − D·x − d|² + λ·|D|²` (He et al.
 * 2017, arXiv 1707.06168, with a pull towards the weights as they are in place of none). With a bias, x and e are taken
 * from their means. Rows whose errors are not finite, or would grow, stay as they are, and so do all rows where no
 * damping makes the matrix positive definite.
 * @param moments their memory is worked in; D takes that of `ex`
 */
export async function fit(moments: BlockMoments, { ridge, bias, support, gemm = multiply }: FitOptions): Promise<Fit> {
  const { count, xx, ex } = moments;
  const [columns, rows] = [moments.x.length, moments.e.length];
  const ee = bias ? centre(moments) : moments.ee;
  const solve = support ? undefined : await solverOf(xx, columns, { ridge, gemm });
  const shift = new Float64Array(rows);
  let [before, after] = [0, 0];
  const height = Math.max(1, Math.floor(PANEL / columns));
  for (let first = 0; first < rows; first += height) {
    const last = Math.min(rows, first + height);
    const own = ex.subarray(first * columns, last * columns);
    const change = await (support
      ? withinSupport(xx, own, support.subarray(first * columns, last * columns), last - first, { ridge, gemm })
      : solve!(own, last - first));
    const product = await gemm(change, xx, last - first, columns, columns); // x·xᵀ is symmetric
    for (let row = first, start = 0; row < last; row++, start += columns) {
      let gain = 0;
      for (let i = start; i < start + columns; i++) gain += change[i]! * (2 * own[i]! - product[i]!);
      const had = moments.ee[row]!;
      const left = ee[row]! - gain;
      if (!(left <= had)) change.fill(0, start, start + columns);
      else if (bias) {
        let mean = moments.e[row]!;
        for (let i = 0; i < columns; i++) mean -= change[start + i]! * moments.x[i]!;
        shift[row] = mean / count;
      }
      if (!Number.isFinite(had)) continue;
      before += had;
      after += left <= had ? Math.max(0, left) : had;
    }
    own.set(change);
  }
  return { weights: ex, bias: shift, before, after };
}

/** Solves for some rows at a time; gives zeros where no damping makes the matrix positive definite. */
async function solverOf(
  xx: Float64Array,
  columns: number,
  { ridge, gemm }: Solving,
): Promise<(ex: Float64Array, rows: number) => Promise<Float64Array>> {
  const factor = await dampedCholesky(xx, columns, { damping: ridge, gemm });
  return (ex, rows) =>
    factor ? solveCholesky(factor.lower, columns, ex, rows, gemm) : Promise.resolve(new Float64Array(ex.length));
}

/** The most steps of a search within a support. Few layers need more than a tenth of them. */
const STEPS = 400;

async function withinSupport(
  xx: Float64Array,
  ex: Float64Array,
  stays: Uint8Array,
  rows: number,
  { ridge, gemm }: Solving,
): Promise<Float64Array> {
  const weights = new Float64Array(ex.length);
  const before = replaceDiagonal(xx, dampedDiagonal(xx, ex.length / rows, ridge));
  await solveMasked({ weights, wanted: ex, stays, hessian: xx, rows, steps: STEPS, gemm });
  replaceDiagonal(xx, before);
  return weights;
}

/** Takes moments about the means, in place, but for those of each row's error, which are given anew. */
function centre({ count, xx, ex, x, e, ee }: BlockMoments): Float64Array {
  const columns = x.length;
  const about = (sum: Float64Array, left: Float64Array): void => {
    for (let row = 0, at = 0; row < left.length; row++)
      for (let c = 0; c < columns; c++, at++) sum[at]! -= (left[row]! * x[c]!) / count;
  };
  about(xx, x);
  about(ex, e);
  // What is constant has no spread; rounding must not leave it one below zero.
  for (let i = 0; i < columns; i++) xx[i * columns + i] = Math.max(0, xx[i * columns + i]!);
  return ee.map((v, row) => Math.max(0, v - e[row]! ** 2 / count));
}
