import type { Node } from "@prune/core";
import * as tf from "@tensorflow/tfjs-core";
import type { Layer } from "../layers/layers-model.ts";
import { operand, type Kernel, type SlowKernel } from "../runtime/kernel.ts";
import { plain, valueOf } from "../runtime/value.ts";
import { isSlow, opKernel, slowOpKernel } from "./op-kernel.ts";
import { LAYER_DOMAIN, OP_DOMAIN, TFJS_DOMAIN } from "./operators.ts";

/** Hands its input on. */
const handOn: Kernel = (context) => [operand(context, 0)];

/** What a node of {@link LAYER_DOMAIN} carries. */
interface ForeignLayer {
  readonly layer: Layer;
  /** How many of the operands are the layer's inputs; a mask may follow, and then the weights. */
  readonly inputs: number;
  readonly masked: boolean;
}

/** A layer of the user's own, or with settings that ONNX has no words for, computed by itself. */
const layerKernel: Kernel = (context) => {
  const attribute = context.node.attributes["layer"];
  const { layer, inputs: count, masked } = (attribute as { readonly value: ForeignLayer }).value;
  const operands = context.in.map((_, i) => operand(context, i));
  const inputs = operands.slice(0, count).map(plain);
  const weights = operands.slice(count + (masked ? 1 : 0));
  layer.weights.forEach((weight, i) => weight.write(tf.clone(plain(weights[i]!))));
  const mask = masked ? { mask: plain(operands[count]!) } : {};
  const made = layer.apply(inputs.length === 1 ? inputs[0] : inputs, mask);
  return (Array.isArray(made) ? (made as tf.Tensor[]) : [made as tf.Tensor]).map((tensor) => valueOf(tensor));
};

/** How nodes of the package's own domains are computed. */
export const foreignKernels: Readonly<Record<string, (node: Node) => Kernel | undefined>> = {
  [TFJS_DOMAIN]: () => handOn,
  [LAYER_DOMAIN]: () => layerKernel,
  [OP_DOMAIN]: () => opKernel,
};

/** How a node is computed that TensorFlow.js does not compute in one go; undefined for all others. */
export const slowKernelFor = (node: Node): SlowKernel | undefined =>
  node.domain === OP_DOMAIN && isSlow(node) ? slowOpKernel : undefined;
