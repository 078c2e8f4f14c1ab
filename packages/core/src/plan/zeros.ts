import { bytesPerElement } from "../graph/dtype.ts";
import type { Graph } from "../graph/graph.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { Analysis } from "../solver/analyze.ts";
import { constantsOf } from "../solver/constants.ts";
import { dequantized } from "../solver/quantized.ts";

/** Number of elements of a float tensor that are zero. */
export function zerosIn({ dtype, bytes: read }: Tensor): number {
  const width = bytesPerElement(dtype);
  const bytes = read();
  let zeros = 0;
  for (let at = 0; at < bytes.length; at += width) {
    let i = 0;
    while (i < width && bytes[at + i] === 0) i++;
    // Little-endian: −0 has its sign in the last byte.
    if (i === width || (i === width - 1 && bytes[at + i] === 0x80)) zeros++;
  }
  return zeros;
}

/** Zeros among the weights of linear layers, by the name of the constant that stores them: before and after. */
export function weightZeros(analysis: Analysis, after: Graph): Map<string, readonly [before: number, after: number]> {
  const left = constantsOf(after);
  const zeros = new Map<string, readonly [number, number]>();
  for (const { tensor } of analysis.linear) {
    const now = left.get(tensor.name) ?? left.get(analysis.aliases.get(tensor.name) ?? "");
    if (!now || zeros.has(tensor.name)) continue;
    const integers = analysis.quantized.get(tensor.name);
    zeros.set(tensor.name, [zerosIn(tensor), zerosIn(integers ? dequantized({ ...integers, tensor: now }) : now)]);
  }
  return zeros;
}
