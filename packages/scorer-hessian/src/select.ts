import {
  cholesky,
  dampedDiagonal,
  inverseOf,
  multiply,
  rangesOf,
  type Gemm,
  type LinearLayer,
  type MaskRule,
} from "@prune/core";

/** Strength of the pull together at first, for a Hessian with ones on its diagonal, and how it grows from stage to stage. */
const [FIRST_PULL, GROWTH] = [0.03, 1.9];
/** Steps of a stage. */
const STEPS = 3;
/** Over-relaxation: Boyd et al. 2011, "Distributed Optimization and Statistical Learning via ADMM", sec. 3.4.3. */
const RELAXED = 1.6;
/** Elements of the rows that are worked on at a time: 32 MiB of memory. */
const PANEL = 2 ** 22;

export interface SelectInput {
  readonly layer: Pick<LinearLayer, "blocks" | "rows" | "features" | "kernel">;
  /** `[blocks · rows, columns]`, in the order of the layer's matrix; their memory is worked in. */
  readonly weights: Float64Array;
  /** Per block the second moments of what it reads, `[columns, columns]`. */
  readonly moments: readonly Float64Array[];
  /** What is added to their diagonal, as a fraction of its mean. */
  readonly damping?: number | undefined;
  /** Per block how much its squared error counts. */
  readonly scales?: Float64Array | undefined;
  readonly rule: MaskRule;
  /** How often the pull grows; each stage factors the Hessian anew. */
  readonly stages: number;
  readonly gemm?: Gemm | undefined;
}

/**
 * The mask whose weights, once they make up for the others, cost least: `min (W − W₀)·H·(W − W₀)ᵀ` over W that the rule
 * allows, by the alternating direction method of multipliers. One copy of the weights follows the squared error, another
 * the rule, and what pulls them together grows. Unlike a sweep, it weighs all columns against each other at once. The
 * Hessian is brought to ones on its diagonal first.
 * Source: Meng et al. 2024, "ALPS: Improved Optimization for Highly Sparse One-Shot Pruning for Large Language Models",
 * arXiv:2406.07831, eq. 4 and algorithm 1.
 *
 * What holds the copies together, the multipliers, is zero for weights that stay, whose copies agree, and the weight itself
 * is zero in the second copy where it leaves: one matrix holds both. Rows are worked through in panels.
 * @returns the mask, in the layout of `weights`
 */
export async function select(input: SelectInput): Promise<Uint8Array> {
  const { layer, weights: state, moments, rule, stages, gemm = multiply } = input;
  const columns = layer.features * layer.kernel;
  const lengths = moments.map((block) => dampedDiagonal(block, columns, input.damping ?? 0.01).map(Math.sqrt));
  const wanted = await scaled(input, lengths);
  const ranges = rangesOf(layer, rule, columns);
  let mask = choose(state, columns, ranges, rule);
  for (let at = 0; at < state.length; at++) if (!mask[at]) state[at] = 0;
  const inverses = moments.map(() => new Float64Array(columns ** 2));
  for (let stage = 0, pull = FIRST_PULL; stage < stages; stage++, pull *= GROWTH) {
    for (const [block, into] of inverses.entries()) {
      const diagonal = new Float64Array(columns).fill(1 + pull);
      const scale = lengths[block]!.map((length) => 1 / length);
      if (!(await cholesky(moments[block]!, columns, gemm, { diagonal, scale, into }))) return mask;
      await inverseOf(into, columns, gemm);
    }
    for (let step = 0; step < STEPS; step++) {
      await follow({ ...input, gemm }, { state, wanted, mask, inverses, pull });
      mask = choose(state, columns, ranges, rule);
      for (let at = 0; at < state.length; at++) if (!mask[at]) state[at]! *= pull;
    }
  }
  return mask;
}

/** The two copies of the weights, as they are held between two steps. */
interface Copies {
  /**
   * The weights where they stay, the multipliers where they leave. Becomes the copy that follows the squared error,
   * over-relaxed, plus the multipliers over the pull.
   */
  readonly state: Float64Array;
  /** `W₀·H`. */
  readonly wanted: Float64Array;
  readonly mask: Uint8Array;
  /** Per block `(H + pull·I)⁻¹`. */
  readonly inverses: readonly Float64Array[];
  readonly pull: number;
}

/** A step of the copy that follows the squared error. */
async function follow(
  { layer, gemm = multiply }: Pick<SelectInput, "layer" | "gemm">,
  { state, wanted, mask, inverses, pull }: Copies,
): Promise<void> {
  const columns = layer.features * layer.kernel;
  for (const [block, first, last] of panelsOf(layer)) {
    const [start, end] = [first * columns, last * columns];
    const pulled = wanted.slice(start, end);
    for (let i = 0, at = start; at < end; i++, at++) pulled[i]! += mask[at] ? pull * state[at]! : -state[at]!;
    const free = await gemm(pulled, inverses[block]!, last - first, columns, columns);
    for (let i = 0, at = start; at < end; i++, at++)
      state[at] = RELAXED * free[i]! + (mask[at] ? (1 - RELAXED) * state[at]! : state[at]! / pull);
  }
}

/** Blocks and ranges of their rows, counted through all blocks, that are worked on at a time. */
function panelsOf({
  blocks,
  rows,
  features,
  kernel,
}: SelectInput["layer"]): (readonly [block: number, first: number, last: number])[] {
  const height = Math.max(1, Math.floor(PANEL / (features * kernel)));
  return Array.from({ length: blocks }, (_, block) =>
    Array.from({ length: Math.ceil(rows / height) }, (_unused, i) => {
      const first = block * rows + i * height;
      return [block, first, Math.min((block + 1) * rows, first + height)] as const;
    }),
  ).flat();
}

/**
 * Brings weights, in place, to where the damped Hessian has ones on its diagonal.
 * @param lengths per block the square roots of the diagonal
 * @returns their product with that Hessian
 */
async function scaled(
  { layer, weights, moments, scales, gemm = multiply }: SelectInput,
  lengths: readonly Float64Array[],
): Promise<Float64Array> {
  const columns = layer.features * layer.kernel;
  const wanted = new Float64Array(weights.length);
  for (const [block, first, last] of panelsOf(layer)) {
    const hessian = moments[block]!;
    const image = await gemm(
      weights.subarray(first * columns, last * columns),
      hessian,
      last - first,
      columns,
      columns,
    );
    const share = Math.sqrt(scales?.[block] ?? 1);
    const own = lengths[block]!;
    const added = own.map((length, c) => length ** 2 - hessian[c * (columns + 1)]!);
    for (let i = 0, at = first * columns; at < last * columns;) {
      for (let c = 0; c < columns; c++, i++, at++) {
        wanted[at] = (share * (image[i]! + added[c]! * weights[at]!)) / own[c]!;
        weights[at]! *= share * own[c]!;
      }
    }
  }
  return wanted;
}

/** What a rule keeps of all columns of a matrix, by squares. */
function choose(
  matrix: Float64Array,
  columns: number,
  ranges: ReturnType<typeof rangesOf>,
  rule: MaskRule,
): Uint8Array {
  const mask = new Uint8Array(matrix.length);
  const height = matrix.length / columns;
  for (const [from, to] of ranges) {
    const width = to - from;
    const scores = new Float32Array(height * width);
    for (let row = 0; row < height; row++)
      for (let c = from; c < to; c++) scores[row * width + c - from] = matrix[row * columns + c]! ** 2;
    const stays = rule.choose({ scores, columns: [from, to] });
    if (width === columns) return stays;
    for (let row = 0; row < height; row++)
      mask.set(stays.subarray(row * width, (row + 1) * width), row * columns + from);
  }
  return mask;
}
