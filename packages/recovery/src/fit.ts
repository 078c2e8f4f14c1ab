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
  const change = await (support
    ? withinSupport(xx, ex, support, rows, { ridge, gemm })
    : everywhere(xx, ex, rows, { ridge, gemm }));
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

/** Zeros where no damping makes the matrix positive definite. */
async function everywhere(
  xx: Float64Array,
  ex: Float64Array,
  rows: number,
  { ridge, gemm }: Solving,
): Promise<Float64Array> {
  const columns = ex.length / rows;
  const factor = await dampedCholesky(xx, columns, { damping: ridge, gemm });
  return factor ? solveCholesky(factor.lower, columns, ex, rows, gemm) : new Float64Array(ex.length);
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
