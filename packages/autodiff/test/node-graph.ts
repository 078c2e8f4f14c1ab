import { onnxruntimeNode, ortRuntime } from "@prune/backend-onnx/node";
import { type Attribute, float32Tensor, type Graph, int64Tensor, nodeOf, type Runtime, type Tensor } from "@prune/core";

export const runtime: Runtime = ortRuntime(onnxruntimeNode);

export type Attributes = Readonly<Record<string, number | string | readonly number[] | Attribute>>;

/** An operand: a float tensor of pseudo-random numbers in a range, one of given elements, or integers. */
export type Operand =
  | undefined
  | readonly number[]
  | { readonly dims: readonly number[]; readonly from?: number; readonly to?: number }
  | { readonly ints: readonly number[]; readonly dims?: readonly number[] }
  | { readonly floats: readonly number[]; readonly dims?: readonly number[] };

export const float = (value: number): Attribute => ({ type: "float", value });
export const strings = (...value: string[]): Attribute => ({ type: "strings", value });

/** A graph of one node over constants `x0`, `x1`, …; a bare list of numbers is the dims of numbers in (−1, 1). */
export function nodeGraph(
  type: string,
  operands: readonly Operand[],
  attributes: Attributes = {},
  { outputs = 1, opset = 18 } = {},
): Graph {
  // prettier-ignore
  const parameters = new Map<string, Tensor>();
  const inputs = operands.map((operand, i) => {
    if (operand === undefined) return "";
    parameters.set(`x${i}`, tensorOf(`x${i}`, operand, i));
    return `x${i}`;
  });
  const names = Array.from({ length: outputs }, (_, i) => `y${i}`);
  return {
    name: "node",
    nodes: [nodeOf(type, inputs, names, attributes)],
    inputs: [],
    outputs: names.map((name) => ({ name, dtype: "float32", dims: undefined })),
    parameters,
    opsets: new Map([["", opset]]),
  };
}

function tensorOf(name: string, operand: NonNullable<Operand>, seed: number): Tensor {
  if ("ints" in operand) return int64Tensor(name, operand.ints, operand.dims);
  if ("floats" in operand) return float32Tensor(name, operand.floats, operand.dims);
  const { dims, from = -1, to = 1 } = "dims" in operand ? operand : { dims: operand };
  const size = dims.reduce((a, b) => a * b, 1);
  // Spread evenly, so that no two elements tie and none lies within the step of a kink at 0.
  const values = Float32Array.from({ length: size }, (_, i) => {
    const part = ((i * 0.6180339887 + seed * 0.37 + 0.11) % 1) * 0.9 + 0.05;
    const value = from + (to - from) * part;
    return Math.abs(value) < 0.03 ? value + 0.06 : value;
  });
  return float32Tensor(name, values, dims);
}
