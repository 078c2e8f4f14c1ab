import type { Graph } from "@prune/core";
import { float32Tensor } from "@prune/core";
import * as tf from "@tensorflow/tfjs-core";
import { isModel, type Layer, type LayersModel, type LayerWeight } from "../layers/layers-model.ts";
import type { LayersOrigin } from "../layers/read-layers-model.ts";
import { weightsOf } from "../layers/weights-of.ts";

/** The weights of a model of TensorFlow.js by the names that a graph's parameters have. */
export class FittedWeights {
  readonly #weights = new Map<string, LayerWeight>();
  readonly #masks: readonly (readonly [tf.Variable, tf.Tensor])[];

  /** @param masks weights that keep zeros: name → 1 where an element may change, 0 elsewhere */
  constructor(
    model: LayersModel,
    { layers }: LayersOrigin,
    { parameters }: Graph,
    masks: Readonly<Record<string, Uint8Array>>,
  ) {
    for (const { path, weights } of layers) {
      const layer = layerAt(model, path);
      if (!layer) continue;
      const own = weightsOf(layer);
      for (const [key, name] of weights)
        if (own.has(key) && parameters.has(name)) this.#weights.set(name, own.get(key)!);
    }
    this.#masks = Object.entries(masks).flatMap(([name, mask]) => {
      const weight = this.#weights.get(name)?.read();
      return weight ? [[weight, tf.tensor(Float32Array.from(mask), weight.shape)] as const] : [];
    });
  }

  /** Sets what is masked to zero. */
  mask(): void {
    for (const [weight, mask] of this.#masks) tf.tidy(() => weight.assign(tf.mul(weight, mask)));
  }

  /** Copies of all elements. */
  async copy(): Promise<Map<string, Float32Array>> {
    const copies = new Map<string, Float32Array>();
    for (const [name, weight] of this.#weights) copies.set(name, Float32Array.from(await weight.read().data()));
    return copies;
  }

  dispose(): void {
    for (const [, mask] of this.#masks) mask.dispose();
  }
}

/** A graph with other values for some of its parameters. */
export function withValues(graph: Graph, values: ReadonlyMap<string, Float32Array>): Graph {
  const parameters = [...graph.parameters].map(([name, tensor]) => {
    const own = values.get(name);
    return [name, own ? float32Tensor(name, own, tensor.dims) : tensor] as const;
  });
  return { ...graph, parameters: new Map(parameters) };
}

function layerAt(model: LayersModel, path: readonly string[]): Layer | undefined {
  let layer: Layer | undefined = model;
  for (const name of path) layer = layer && isModel(layer) ? layer.layers.find((inner) => inner.name === name) : undefined; // prettier-ignore
  return layer;
}
