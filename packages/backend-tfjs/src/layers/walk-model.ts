import { callOf, type Layer, type LayerCall, type LayersModel, type SymbolicTensor } from "./layers-model.ts";

/** Makes the outputs of one call of a layer from its inputs. */
export type Visit<T> = (layer: Layer, call: LayerCall, inputs: readonly T[]) => readonly T[];

/** Goes through a model's layers in the order in which they can be computed, and returns what its outputs became. */
export function walkModel<T>(model: LayersModel, inputs: readonly T[], visit: Visit<T>): T[] {
  const known = new Map<LayerCall, readonly T[]>();
  model.inputs.forEach((tensor, i) => known.set(callOf(tensor), [inputs[i]!]));
  const valueOf = (tensor: SymbolicTensor): T => {
    const call = callOf(tensor);
    let values = known.get(call);
    if (!values) {
      values = visit(tensor.sourceLayer, call, call.inputTensors.map(valueOf));
      known.set(call, values);
    }
    return values[tensor.tensorIndex]!;
  };
  return model.outputs.map(valueOf);
}
