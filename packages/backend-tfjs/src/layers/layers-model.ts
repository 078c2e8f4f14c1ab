import type * as tf from "@tensorflow/tfjs-core";

/** The parts of `@tensorflow/tfjs-layers` that are used here, as they behave; any copy of it will do. */

/** A tensor of a model that has not run: where it comes from. */
export interface SymbolicTensor {
  readonly name: string;
  readonly shape: readonly (number | null)[];
  readonly dtype: string;
  readonly sourceLayer: Layer;
  readonly nodeIndex: number;
  readonly tensorIndex: number;
}

/** One call of a layer. */
export interface LayerCall {
  readonly inputTensors: readonly SymbolicTensor[];
  readonly outputTensors: readonly SymbolicTensor[];
}

/** A weight of a layer. */
export interface LayerWeight {
  readonly originalName: string;
  readonly shape: readonly (number | null)[];
  read(): tf.Variable;
  write(value: unknown): unknown;
}

export interface Layer {
  readonly name: string;
  readonly weights: readonly LayerWeight[];
  readonly inboundNodes: readonly LayerCall[];
  getClassName(): string;
  getConfig(): object;
  apply(inputs: unknown, options?: object): unknown;
}

/** A model whose layers form a graph; nested models are layers of others. */
export interface LayersModel extends Layer {
  readonly layers: readonly Layer[];
  readonly inputs: readonly SymbolicTensor[];
  readonly outputs: readonly SymbolicTensor[];
}

export const isModel = (layer: Layer): layer is LayersModel =>
  "layers" in layer && "inputs" in layer && "outputs" in layer && Array.isArray(layer.layers);

/** The call that made a tensor. */
export const callOf = (tensor: SymbolicTensor): LayerCall => tensor.sourceLayer.inboundNodes[tensor.nodeIndex]!;
