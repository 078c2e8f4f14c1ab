import { multiply, type Columns, type Gemm, type LinearLayer } from "@prune/core";

/**
 * Columns that compete for the weights that stay, where a rule leaves that open; and after which what they cost is taken
 * off all that follow, in one product. As in the paper.
 */
export const WIDTH = 128;

/** Elements that are taken off the columns that follow in one product: 16 MiB of memory. */
const PANEL = 2 ** 21;

/** What a sweep goes over. */
export interface SweepInput {
  readonly layer: Pick<LinearLayer, "blocks" | "rows" | "features" | "kernel">;
  /** `[blocks · rows, columns]`, in the order of the layer's matrix; becomes what is left of the weights. */
  readonly weights: Float64Array;
  /** Per block the upper triangular U with `H⁻¹ = Uᵀ·U`. */
  readonly factors: readonly Float64Array[];
  /** Ranges of columns that are decided at a time, in order. */
  readonly ranges: readonly Columns[];
  /** @returns 1 for what stays, of some columns. @param scores `w²/U_cc²` of the weights as they are by then */
  readonly choose: (scores: Float64Array, columns: Columns) => Uint8Array;
  readonly gemm?: Gemm | undefined;
}

/**
 * The column sweep of SparseGPT: columns from first to last lose the weights that a mask takes, and the columns after them
 * make up for it: `e = w/U_cc`, `W[:, k] −= e·U[c, k]` for every `k > c`. Changes `weights` in place.
 * Source: Frantar and Alistarh 2023, "SparseGPT", arXiv:2301.00774, algorithm 1.
 * @returns the mask, in the layout of `weights`
 */
export async function sweep(input: SweepInput): Promise<Uint8Array<ArrayBuffer>> {
  const { layer, weights, ranges, gemm = multiply } = input;
  const mask = new Uint8Array(weights.length);
  const columns = layer.features * layer.kernel;
  for (let i = 0; i < ranges.length;) {
    const start = ranges[i]![0];
    let next = i;
    while (next < ranges.length && ranges[next]![1] - start <= WIDTH) next++;
    next = Math.max(next, i + 1);
    const end = ranges[next - 1]![1];
    const errors = new Float64Array(layer.blocks * layer.rows * (end - start));
    for (const range of ranges.slice(i, next)) sweepRange(input, mask, errors, [start, end], range);
    if (end < columns) await passOn(input, errors, [start, end], gemm);
    i = next;
  }
  return mask;
}

function sweepRange(
  { layer: { blocks, rows, features, kernel }, weights, factors, choose }: SweepInput,
  mask: Uint8Array,
  errors: Float64Array,
  [start, end]: Columns,
  [from, to]: Columns,
): void {
  const columns = features * kernel;
  const [width, span] = [to - from, end - start];
  const scores = new Float64Array(blocks * rows * width);
  for (let r = 0; r < blocks * rows; r++) {
    const u = factors[Math.floor(r / rows)]!;
    for (let c = from; c < to; c++)
      scores[r * width + c - from] = (weights[r * columns + c]! / u[c * columns + c]!) ** 2;
  }
  const stays = choose(scores, [from, to]);
  for (let r = 0; r < blocks * rows; r++) {
    const u = factors[Math.floor(r / rows)]!;
    const row = r * columns;
    for (let c = from; c < to; c++) {
      if (stays[r * width + c - from]) {
        mask[row + c] = 1;
        continue;
      }
      const error = weights[row + c]! / u[c * columns + c]!;
      errors[r * span + c - start] = error;
      weights[row + c] = 0;
      if (error !== 0) for (let k = c + 1; k < end; k++) weights[row + k]! -= error * u[c * columns + k]!;
    }
  }
}

/** Takes what a span of columns cost off the columns after it. */
async function passOn(
  { layer: { blocks, rows, features, kernel }, weights, factors }: SweepInput,
  errors: Float64Array,
  [start, end]: Columns,
  gemm: Gemm,
): Promise<void> {
  const columns = features * kernel;
  const [span, rest] = [end - start, columns - end];
  for (let block = 0; block < blocks; block++) {
    const u = factors[block]!;
    const later = new Float64Array(rest * span);
    for (let c = 0; c < span; c++)
      for (let k = 0; k < rest; k++) later[k * span + c] = u[(start + c) * columns + end + k]!;
    const panel = Math.ceil(PANEL / rest);
    for (let first = block * rows; first < (block + 1) * rows; first += panel) {
      const height = Math.min(panel, (block + 1) * rows - first);
      const own = errors.subarray(first * span, (first + height) * span);
      const product = await gemm(own, later, height, span, rest);
      for (let r = 0; r < height; r++) {
        const row = (first + r) * columns + end;
        for (let k = 0; k < rest; k++) weights[row + k]! -= product[r * rest + k]!;
      }
    }
  }
}
