import { blocksOf, floatsOf, type GraphBuilder, type RunValues } from "@prune/core";
import type { Draft } from "./draft.ts";
import { eachWeight, type Equation } from "./equations.ts";

/** Sums over all positions of all samples of what a layer reads, x, and of what its outputs lack, e; per block. */
interface Moments {
  count: number;
  /** Σ x·xᵀ, row-major `[columns, columns]`. */
  readonly xx: readonly Float64Array[];
  /** Σ e·xᵀ of some rows, row-major `[to − from, columns]`. */
  readonly ex: readonly Float64Array[];
  readonly x: readonly Float64Array[];
  readonly e: readonly Float64Array[];
  /** Σ e², per row. */
  readonly ee: readonly Float64Array[];
}

/** Rows of a block, `[from, to)`. */
export type RowRange = readonly [from: number, to: number];

/** Adds the moments of one batch. */
export interface MomentSums {
  readonly moments: Moments;
  readonly outputs: readonly string[];
  readonly add: (values: RunValues) => void;
}

/** A matrix with a row per position and `blocks · columns` columns, in the two forms that products are made of. */
interface Matrix {
  /** `[blocks · columns, positions]`, or by blocks `[blocks, columns, positions]`. */
  readonly across: string;
  /** `[positions, columns]`, or by blocks `[blocks, positions, columns]`. */
  readonly down: string;
}

/**
 * Emits what an equation's weights are multiplied with: its parts' windows side by side, block by block.
 * @param states a matrix to take in place of what the node itself yielded a step before
 */
export function emitInputs(builder: GraphBuilder, equation: Equation, states?: string): Matrix {
  const { node, parts, blocks, columns } = equation;
  const matrices = parts.map(({ layer }) => {
    const given = node.outputs.includes(layer.input.value) ? states : undefined;
    return given ?? builder.op("Cast", [layer.unfold!(builder)], { to: 1 });
  });
  if (matrices.length === 1) return blocksOf(builder, matrices[0]!, blocks, columns);
  const apart = matrices.map((matrix, i) => {
    const { features, kernel } = parts[i]!.layer;
    return builder.reshape(matrix, [-1, blocks, features * kernel]);
  });
  const joined = builder.reshape(builder.op("Concat", apart, { axis: 2 }), [-1, blocks * columns]);
  return blocksOf(builder, joined, blocks, columns);
}

/** Emits `Σ W·X + b` over the parts of an equation, per block `[positions, rows]`, with weights and biases as given. */
export function emitOutputs(
  builder: GraphBuilder,
  { blocks, rows, columns }: Pick<Equation, "blocks" | "rows" | "columns">,
  x: Matrix,
  weights: Float32Array,
  bias: Float32Array,
): string {
  const [w, b] =
    blocks === 1
      ? [builder.float32(weights, [columns, rows]), builder.float32(bias, [rows])]
      : [builder.float32(weights, [blocks, columns, rows]), builder.float32(bias, [blocks, 1, rows])];
  return builder.op("Add", [builder.op("MatMul", [x.down, w]), b]);
}

/** The weights of an equation as `[blocks, columns, rows]`, and its biases as `[blocks, rows]`, as they are now. */
export function currentWeights(
  { parts, blocks, rows, columns }: Equation,
  draft: Draft,
): { weights: Float32Array; bias: Float32Array } {
  const weights = new Float32Array(blocks * columns * rows);
  const bias = new Float32Array(blocks * rows);
  let first = 0;
  for (const { layer } of parts) {
    const values = draft.read(layer.tensor.name);
    const start = first;
    eachWeight(layer, (b, r, c, position) => {
      weights[(b * columns + start + c) * rows + r] = values[position]!;
    });
    first += layer.features * layer.kernel;
    if (!layer.bias) continue;
    const own = draft.read(layer.bias.name);
    for (let b = 0; b < blocks; b++) for (let r = 0; r < rows; r++) bias[b * rows + r]! += own[layer.biasAt(b, r)]!;
  }
  return { weights, bias };
}

/**
 * Emits the moments of an equation, so that small matrices come back and no activations.
 * @param x what the weights are multiplied with
 * @param errors what the outputs lack, in the same form
 * @param range the rows of each block whose `e·xᵀ` is wanted
 */
export function emitMoments(
  builder: GraphBuilder,
  { blocks, rows, columns }: Equation,
  x: Matrix,
  errors: string,
  [from, to]: RowRange,
): MomentSums {
  const positions = blocks === 1 ? 0 : 1;
  const ends = [[from], [to], [positions + 1]].map((end) => builder.int64(end));
  const own = to - from === rows ? errors : builder.op("Slice", [errors, ...ends]);
  const across = builder.transpose(own, blocks === 1 ? [1, 0] : [0, 2, 1]);
  const names = {
    xx: builder.op("MatMul", [x.across, x.down]),
    ex: builder.op("MatMul", [across, x.down]),
    x: builder.sum(x.down, [positions]),
    e: builder.sum(errors, [positions]),
    ee: builder.sum(builder.op("Mul", [errors, errors]), [positions]),
  };
  const count = builder.op("Gather", [builder.op("Shape", [x.down]), builder.int64([positions])]);
  const sums = (size: number): Float64Array[] => Array.from({ length: blocks }, () => new Float64Array(size));
  const moments: Moments = {
    count: 0,
    xx: sums(columns * columns),
    ex: sums((to - from) * columns),
    x: sums(columns),
    e: sums(rows),
    ee: sums(rows),
  };
  const add = (values: RunValues): void => {
    moments.count += Number(values[count]!.data[0]);
    for (const [key, name] of Object.entries(names)) {
      const from = floatsOf(values[name]!);
      moments[key as keyof typeof names].forEach((into, b) => {
        const start = b * into.length;
        for (let i = 0; i < into.length; i++) into[i]! += from[start + i]!;
      });
    }
  };
  return { moments, outputs: [count, ...Object.values(names)].map(builder.output), add };
}
