import { axisKey, type AxisRef, type Graph } from "@prune/core";
import { differentiate } from "./differentiate.ts";
import { type Forward, forward, type ForwardOptions } from "./forward.ts";
import { type Trainable, trainableWeights } from "./trainable.ts";

export interface GradientGraphOptions extends Omit<ForwardOptions, "batchStatistics"> {
  /** The weights whose gradients are wanted. Default: all that can be trained; `[]`: none. */
  readonly weights?: Trainable | undefined;
  /** Names of inner values whose gradients are wanted. Default none. */
  readonly activations?: readonly string[] | undefined;
  /** Axes of inner values by which `a · dL/da` is summed inside the graph, so that no feature maps come back. Default none. */
  readonly products?: readonly AxisRef[] | undefined;
  /** Normalise by the batch's statistics, as in training. Default false: by the stored ones, as when the network is used. */
  readonly batchStatistics?: boolean | undefined;
}

/** A graph that yields gradients. What the loss does not depend on is left out. */
export interface GradientGraph {
  readonly graph: Graph;
  readonly loss: string;
  /** Weight → the output with `dL/dw`, in its shape. */
  readonly weights: ReadonlyMap<string, string>;
  /** Activation → the output with `dL/da`, in its shape. */
  readonly activations: ReadonlyMap<string, string>;
  /**
   * Axis, by `axisKey` of core → the output `[N, C]` with `Σ a · dL/da` over all other axes, per sample. Where the batch of
   * N is not what the value's first axis counts, not even along with positions, `[1, C]`: all samples together.
   */
  readonly products: ReadonlyMap<string, string>;
}

/**
 * Builds a graph that computes a loss and its gradients with respect to weights and inner values, for importance by
 * gradient. @throws {PruneError}
 */
export async function gradientGraph(options: GradientGraphOptions): Promise<GradientGraph> {
  const made = await forward({ ...options, batchStatistics: options.batchStatistics ?? false });
  const weights = trainableWeights(made, options.weights).map((tensor) => tensor.name);
  const batch = Object.values(options.dims)[0]?.[0] ?? 1;
  return withGradients(made, batch, { ...options, weights });
}

/** Appends gradients to a network and its loss. */
export function withGradients(
  made: Pick<Forward, "g" | "nameOf" | "operands" | "steps" | "loss" | "graphOf">,
  batch: number,
  { weights, activations = [], products = [] }: Pick<GradientGraphOptions, "activations" | "products"> & { readonly weights: readonly string[] }, // prettier-ignore
): GradientGraph {
  const { g, nameOf, operands, steps, loss } = made;
  const values = [...activations, ...products.map(({ value }) => value)].map(nameOf);
  const gradients = differentiate(steps, operands, loss, new Set([...weights, ...values]), g);
  const found = (names: readonly string[]): Map<string, string> =>
    new Map(
      names.flatMap((name) => {
        const gradient = gradients.get(nameOf(name));
        return gradient === undefined ? [] : [[name, gradient] as const];
      }),
    );
  const summed = products.flatMap((ref): [string, string][] => {
    const gradient = gradients.get(nameOf(ref.value));
    const value = operands.of(nameOf(ref.value));
    if (gradient === undefined || !value) return [];
    const { axis } = value.axis(ref.axis);
    const samples = axis > 0 && value.dims[0]! % batch === 0 ? batch : 1;
    const apart = g.reshape(g.mul(value.name, gradient), [samples, value.dims[0]! / samples, ...value.dims.slice(1)]);
    const others = value.dims.map((_, i) => i + 1).filter((i) => i !== axis + 1);
    return [[axisKey(ref), others.length ? g.reduce("ReduceSum", apart, others, false) : apart]];
  });
  const result = { loss, weights: found(weights), activations: found(activations), products: new Map(summed) };
  const outputs = [result.weights, result.activations, result.products].flatMap((map) => [...map.values()]);
  return { ...result, graph: made.graphOf([...new Set([loss, ...outputs])]) };
}
