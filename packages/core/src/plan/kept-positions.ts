import { sizeOf, tensorOf } from "../graph/tensor.ts";
import type { Analysis } from "../solver/analyze.ts";
import type { Cut } from "./cut.ts";
import { keepSlices } from "./slice.ts";

/** For every element that a cut leaves of a constant, its position before the cut. */
export function keptPositions(analysis: Analysis, cut: Cut, name: string): Int32Array {
  const { dims } = analysis.operands.constants.get(name)!;
  const positions = Int32Array.from({ length: sizeOf(dims) }, (_, i) => i);
  const tensor = tensorOf(name, "int32", dims, new Uint8Array(positions.buffer));
  const bytes = keepSlices(tensor, cut.axesOf(name)).bytes().slice();
  return new Int32Array(bytes.buffer);
}
