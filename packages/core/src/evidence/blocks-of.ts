import type { GraphBuilder } from "../graph/graph-builder.ts";

/** A matrix of positions × (blocks · columns), as blocks of columns × positions and of positions × columns. */
export function blocksOf(
  builder: GraphBuilder,
  matrix: string,
  blocks: number,
  columns: number,
): { across: string; down: string } {
  if (blocks === 1) return { across: builder.transpose(matrix, [1, 0]), down: matrix };
  const apart = builder.reshape(matrix, [-1, blocks, columns]);
  return { across: builder.transpose(apart, [1, 2, 0]), down: builder.transpose(apart, [1, 0, 2]) };
}
