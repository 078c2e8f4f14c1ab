import {
  dampedCholesky,
  inverseOf,
  multiply,
  rangesOf,
  withDamping,
  type Gemm,
  type LinearLayer,
  type MaskRule,
} from "@prune/core";
import { diagonalOf } from "./moments.ts";

/** Strength of the pull together at first, for a Hessian with ones on its diagonal, and how it grows from stage to stage. */
const [FIRST_PULL, GROWTH] = [0.03, 1.9];
/** Steps of a stage. */
const STEPS = 3;
/** Over-relaxation: Boyd et al. 2011, "Distributed Optimization and Statistical Learning via ADMM", sec. 3.4.3. */
const RELAXED = 1.6;

export interface SelectInput {
  readonly layer: Pick<LinearLayer, "blocks" | "rows" | "features" | "kernel">;
  /** `[blocks · rows, columns]`, in the order of the layer's matrix. */
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
 * @returns the mask, in the layout of `weights`
 */
export async function select(input: SelectInput): Promise<Uint8Array> {
  const { layer, moments, damping = 0.01, rule, stages, gemm = multiply } = input;
  const { blocks, rows } = layer;
  const columns = layer.features * layer.kernel;
  const part = (of: Float64Array, block: number): Float64Array =>
    of.subarray(block * rows * columns, (block + 1) * rows * columns);
  const units = moments.map((block) => withDamping(block, columns, damping));
  const diagonals = units.map((hessian) => diagonalOf(hessian, columns));
  for (const [block, hessian] of units.entries()) toUnitDiagonal(hessian, diagonals[block]!);
  const target = input.weights.map((w, at) => {
    const block = Math.floor(at / columns / rows);
    const length = diagonals[block]![at % columns]! * (input.scales?.[block] ?? 1);
    return w * Math.sqrt(length);
  });
  const wanted = new Float64Array(target.length);
  for (const [block, unit] of units.entries())
    part(wanted, block).set(await gemm(part(target, block), unit, rows, columns, columns));
  const ranges = rangesOf(layer, rule, columns);
  let mask = choose(target, columns, ranges, rule);
  let allowed = target.map((w, at) => (mask[at] ? w : 0));
  const force = new Float64Array(target.length);
  for (let stage = 0, pull = FIRST_PULL; stage < stages; stage++, pull *= GROWTH) {
    const inverses: Float64Array[] = [];
    for (const unit of units) {
      const factor = await dampedCholesky(unit, columns, { damping: pull, gemm });
      if (!factor) return mask;
      inverses.push(await inverseOf(factor.lower, columns, gemm));
    }
    for (let step = 0; step < STEPS; step++) {
      const pulled = wanted.map((v, at) => v - force[at]! + pull * allowed[at]!);
      const free = new Float64Array(target.length);
      for (let block = 0; block < blocks; block++)
        part(free, block).set(await gemm(part(pulled, block), inverses[block]!, rows, columns, columns));
      for (let at = 0; at < free.length; at++) free[at] = RELAXED * free[at]! + (1 - RELAXED) * allowed[at]!;
      const sum = free.map((w, at) => w + force[at]! / pull);
      mask = choose(sum, columns, ranges, rule);
      allowed = sum.map((w, at) => (mask[at] ? w : 0));
      for (let at = 0; at < force.length; at++) force[at]! += pull * (free[at]! - allowed[at]!);
    }
  }
  return mask;
}

/** `H_ij / √(H_ii·H_jj)`, in place of H. */
function toUnitDiagonal(hessian: Float64Array, diagonal: Float64Array): void {
  const n = diagonal.length;
  const lengths = diagonal.map(Math.sqrt);
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) hessian[i * n + j]! /= lengths[i]! * lengths[j]!;
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
    const scores = new Float64Array(height * width);
    for (let row = 0; row < height; row++)
      for (let c = from; c < to; c++) scores[row * width + c - from] = matrix[row * columns + c]! ** 2;
    const stays = rule.choose({ scores, columns: [from, to] });
    for (let row = 0; row < height; row++)
      mask.set(stays.subarray(row * width, (row + 1) * width), row * columns + from);
  }
  return mask;
}
