import { intsAttribute, type Node } from "../graph/node.ts";
import { producersOf, type Graph } from "../graph/graph.ts";
import { isFloat } from "../graph/dtype.ts";
import { sizeOf, toFloat32, type Tensor } from "../graph/tensor.ts";
import type { Emit } from "../graph/graph-builder.ts";
import type { LinearForm } from "../ops/define-op.ts";
import type { HandlerLookup } from "./handlers.ts";
import type { AxisRef } from "./link.ts";
import type { Operands } from "./operands.ts";
import { dequantized, type Quantized } from "./quantized.ts";

/**
 * One matrix of weights of a layer, `Y = W·X + b` in every block: `W` of `blocks × rows × (features · kernel)` elements,
 * wherever they lie in the tensor that stores them.
 */
export interface LinearLayer {
  readonly node: Node;
  /** The constant that stores the weights; of a quantised one, under its name, the numbers that it stands for. */
  readonly tensor: Tensor;
  /** The constant that stores the bias, one number per row at `biasAt`. */
  readonly bias: Tensor | undefined;
  /** Position of a row's bias in `bias`. */
  readonly biasAt: (block: number, row: number) => number;
  /** The input of the node that would hold a bias, where there is none and one may be added. */
  readonly biasInput: number | undefined;
  /** Whether what it yields is added, row by row, to what the node's layer before it yields. */
  readonly joint: boolean;
  readonly blocks: number;
  /** Output features of a block. */
  readonly rows: number;
  /** Input features of a block. */
  readonly features: number;
  /** Positions of the kernel. */
  readonly kernel: number;
  /** Axis of the value that the layer reads which holds input features, and its size. */
  readonly input: AxisRef & { readonly size: number };
  /** Axis of the value that it yields which holds output features, and its size. */
  readonly output: AxisRef & { readonly size: number };
  /** Index, along `input`, of a feature of a block. */
  readonly inputOf: (block: number, feature: number) => number;
  /** Index, along `output`, of a row of a block. */
  readonly outputOf: (block: number, row: number) => number;
  /** Position of an element in the tensor's data. */
  readonly at: (block: number, row: number, feature: number, position: number) => number;
  /** Whether it reads zeros beyond the edges of what it is given. */
  readonly padded: boolean;
  readonly unfold: ((emit: Emit) => string) | undefined;
  readonly unfoldOutput: ((emit: Emit, y: string) => string) | undefined;
}

/** The linear layers of a graph, in its order. */
export function linearLayers(
  graph: Graph,
  lookup: HandlerLookup,
  operands: Operands,
  quantized: ReadonlyMap<string, Quantized>,
): LinearLayer[] {
  const producers = producersOf(graph);
  return graph.nodes.flatMap((node) => {
    const forms = lookup(node)?.linear?.(operands.contextOf(node)) ?? [];
    return forms.flatMap((form) => {
      const stored = storedAs(form.weight.name, operands, producers, quantized);
      return stored && isFloat(stored.tensor.dtype)
        ? layerOf(node, form, operands, stored, quantized.has(stored.tensor.name))
        : [];
    });
  });
}

function layerOf(node: Node, form: LinearForm, operands: Operands, stored: Stored, isQuantized: boolean): LinearLayer {
  const { rows, features, blocks = 1, kernel = 1, strides } = form;
  const flat = (block: number, row: number, feature: number, position: number): number =>
    block * (strides.block ?? 0) + row * strides.row + feature * strides.feature + position;
  const sized = (axis: AxisRef): LinearLayer["input"] => ({ ...axis, size: operands.of(axis.value)!.dims[axis.axis]! });
  const [input, output] = [sized(form.input), sized(form.output)];
  return {
    node,
    tensor: stored.tensor,
    bias: form.bias && operands.constants.get(form.bias.name),
    biasAt: form.biasAt ?? ((block, row) => block * rows + row),
    // Runtimes fuse a quantised layer with a bias of integers, or with none.
    biasInput: isQuantized ? undefined : form.biasInput,
    joint: form.joint ?? false,
    blocks,
    rows,
    features,
    kernel,
    input,
    output,
    inputOf: (block, feature) => (block * features + feature) % input.size,
    outputOf: (block, row) => (block * rows + row) % output.size,
    at: stored.moved ? (b, r, f, p) => stored.moved!(flat(b, r, f, p)) : flat,
    padded: form.padded ?? false,
    unfold: form.unfold,
    unfoldOutput: form.unfoldOutput,
  };
}

/** A constant, and where in it each element of a weight is. */
interface Stored {
  readonly tensor: Tensor;
  readonly moved?: ((index: number) => number) | undefined;
}

/**
 * The constant behind a weight: behind Identity and Transpose, as some exporters write it, and behind the
 * DequantizeLinear of a quantised one.
 */
function storedAs(
  value: string,
  operands: Operands,
  producers: ReadonlyMap<string, Node>,
  quantized: ReadonlyMap<string, Quantized>,
): Stored | undefined {
  const tensor = operands.constants.get(value);
  if (tensor) return { tensor };
  const node = producers.get(value);
  if (node?.opType === "DequantizeLinear") {
    const integers = quantized.get(node.inputs[0]!);
    return integers && { tensor: dequantized(integers) };
  }
  const source =
    node && /^(Identity|Transpose)$/.test(node.opType)
      ? storedAs(node.inputs[0]!, operands, producers, quantized)
      : undefined;
  const dims = operands.of(node?.inputs[0] ?? "")?.dims;
  if (!node || !source || !dims || node.opType === "Identity") return source;
  const perm = intsAttribute(node, "perm") ?? dims.map((_, i) => dims.length - 1 - i);
  const steps = perm.map((axis) => sizeOf(dims.slice(axis + 1)));
  const sizes = perm.map((axis) => dims[axis]!);
  const moved = (index: number): number => {
    let from = 0;
    for (let axis = sizes.length - 1, rest = index; axis >= 0; axis--) {
      from += (rest % sizes[axis]!) * steps[axis]!;
      rest = Math.floor(rest / sizes[axis]!);
    }
    return source.moved ? source.moved(from) : from;
  };
  return { tensor: source.tensor, moved };
}

/**
 * One number per weight of a layer, in the layout of its tensor; 0 for elements that are not the layer's.
 * @param f is told a weight, the index of its input along `layer.input`, and its row, counted through all blocks
 */
export function mapWeights(layer: LinearLayer, f: (w: number, input: number, row: number) => number): Float32Array {
  const { tensor, blocks, rows, features, kernel, inputOf, at } = layer;
  const weights = toFloat32(tensor);
  const mapped = new Float32Array(weights.length);
  for (let block = 0; block < blocks; block++) {
    for (let row = 0; row < rows; row++) {
      for (let feature = 0; feature < features; feature++) {
        const input = inputOf(block, feature);
        for (let position = 0; position < kernel; position++) {
          const index = at(block, row, feature, position);
          mapped[index] = f(weights[index]!, input, block * rows + row);
        }
      }
    }
  }
  return mapped;
}
