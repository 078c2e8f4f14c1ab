import { sizeOf, type Analysis, type LinearLayer, type Node, type Tensor } from "@prune/core";

/** Where a number that a layer's outputs always gain can go: a constant, and how a number is put into it. */
export interface Bias {
  readonly tensor: Tensor;
  /** Position of the number of an output feature. */
  readonly at: (block: number, row: number) => number;
  /** What the constant counts for: a running mean is subtracted. */
  readonly sign: 1 | -1;
}

/**
 * The constant that takes up what a layer's outputs gain: its own bias; or what the one node that reads its output adds
 * to each feature, or (a normalisation) subtracts from it. Only in single precision, which new values are written in.
 */
export function biasOf(
  analysis: Analysis,
  consumers: ReadonlyMap<string, readonly Node[]>,
  layer: LinearLayer,
): Bias | undefined {
  const { graph } = analysis;
  const { bias, output } = layer;
  if (bias) return isFloat32(bias) ? { tensor: bias, at: layer.biasAt, sign: 1 } : undefined;
  const readers = consumers.get(output.value) ?? [];
  const [node] = readers;
  if (readers.length !== 1 || !node || graph.outputs.some((v) => v.name === output.value)) return undefined;
  const found = addedBy(node, layer, analysis);
  return found && isFloat32(found.tensor) ? { ...found, at: layer.outputOf } : undefined;
}

const isFloat32 = ({ dtype }: Tensor): boolean => dtype === "float32";

function addedBy(
  node: Node,
  { output }: LinearLayer,
  { lookup, operands: { constants, of } }: Analysis,
): Pick<Bias, "tensor" | "sign"> | undefined {
  const along = (tensor: Tensor, axis: number): boolean =>
    sizeOf(tensor.dims) === output.size && tensor.dims[axis] === output.size;
  const [a = "", b = "", , mean = ""] = node.inputs;
  if (lookup(node)?.adds) {
    const tensor = node.inputs.length === 2 ? constants.get(a === output.value ? b : a) : undefined;
    const axis = (tensor?.dims.length ?? 0) - of(output.value)!.rank + output.axis;
    return tensor && along(tensor, axis) ? { tensor, sign: 1 } : undefined;
  }
  const normalises = node.opType === "BatchNormalization" && a === output.value && output.axis === 1;
  const tensor = normalises ? constants.get(mean) : undefined;
  return tensor && along(tensor, 0) ? { tensor, sign: -1 } : undefined;
}
