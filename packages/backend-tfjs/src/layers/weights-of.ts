import type { Layer, LayerWeight } from "./layers-model.ts";

/** A layer's weights by the last part of their names; those of a Bidirectional after "forward:" and "backward:". */
export function weightsOf(layer: Layer): Map<string, LayerWeight> {
  const { forwardLayer, backwardLayer } = layer as { readonly forwardLayer?: Layer; readonly backwardLayer?: Layer };
  if (!forwardLayer || !backwardLayer) return named(layer, "");
  return new Map([...named(forwardLayer, "forward:"), ...named(backwardLayer, "backward:")]);
}

const named = ({ weights }: Layer, prefix: string): Map<string, LayerWeight> =>
  new Map(weights.map((weight) => [prefix + weight.originalName.split("/").at(-1)!, weight]));
