import { matrixOf, momentsInOrder, toFloat32, type LinearLayer, type ScoreContext } from "@prune/core";

/**
 * Second moments `E[x·xᵀ]` of what a layer multiplies its weights with, block by block and in the order of the layer's
 * matrix; half the Hessian of the squared error of its outputs. Undefined where they cannot be had, after a remark.
 */
export async function momentsOf(layer: LinearLayer, context: ScoreContext): Promise<Float64Array[] | undefined> {
  const moments = await context.evidence.get("hessian").of(layer);
  if (moments?.count && moments.blocks.every((block) => block.every(Number.isFinite)))
    return moments.blocks.map((block) => momentsInOrder(layer, block));
  context.remark?.(
    `Weights "${layer.tensor.name}" were judged by magnitude: ${moments?.count ? "what reaches the layer is not finite" : "second moments of what reaches the layer cannot be had"}.`,
  );
  return undefined;
}

/** A layer's weights as a matrix, with zeros for inputs that were never active: those weights cost nothing. */
export function liveWeights(layer: LinearLayer, moments: readonly Float64Array[] | undefined): Float64Array {
  const columns = layer.features * layer.kernel;
  const weights = matrixOf(layer, toFloat32(layer.tensor));
  for (const [b, block] of moments?.entries() ?? []) {
    const size = layer.rows * columns;
    for (const [c, seen] of diagonalOf(block, columns).entries())
      if (seen === 0) for (let at = b * size + c; at < (b + 1) * size; at += columns) weights[at] = 0;
  }
  return weights;
}

/** The diagonal of a square matrix. */
export function diagonalOf(matrix: Float64Array, n: number): Float64Array {
  return Float64Array.from({ length: n }, (_, i) => matrix[i * n + i]!);
}
