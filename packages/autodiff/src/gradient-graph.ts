import type { Graph } from "@prune/core";
import { differentiate } from "./differentiate.ts";
import { forward, type ForwardOptions } from "./forward.ts";
import { type Trainable, trainableWeights } from "./trainable.ts";

export interface GradientGraphOptions extends Omit<ForwardOptions, "batchStatistics"> {
  /** The weights whose gradients are wanted. Default: all that can be trained; `[]`: none. */
  readonly weights?: Trainable | undefined;
  /** Names of inner values whose gradients are wanted. Default none. */
  readonly activations?: readonly string[] | undefined;
  /**
   * For each activation, sums `a · dL/da` per sample over all axes but the batch and this one, inside the graph:
   * kilobytes come back instead of feature maps. Default: the gradients themselves.
   */
  readonly perChannel?: number | undefined;
  /** Normalise by the batch's statistics, as in training. Default false: by the stored ones, as when the network is used. */
  readonly batchStatistics?: boolean | undefined;
}

/** A graph that yields gradients. */
export interface GradientGraph {
  readonly graph: Graph;
  readonly loss: string;
  /** Weight → the output with `dL/dw`, in its shape. */
  readonly weights: ReadonlyMap<string, string>;
  /** Activation → the outputs asked for. */
  readonly activations: ReadonlyMap<string, ActivationGradient>;
}

export interface ActivationGradient {
  /** `dL/da` in the activation's shape; undefined with `perChannel`. */
  readonly gradient: string | undefined;
  /** Per channel and sample, `Σ a · dL/da` over the remaining axes: `[N, C]`; undefined without `perChannel`. */
  readonly product: string | undefined;
}

/**
 * Builds a graph that computes a loss and its gradients with respect to weights and inner values, for importance by
 * gradient. @throws {PruneError}
 */
export async function gradientGraph(options: GradientGraphOptions): Promise<GradientGraph> {
  const { activations = [], perChannel, batchStatistics = false } = options;
  const made = await forward({ ...options, batchStatistics });
  const { g, nameOf, operands } = made;
  const weights = trainableWeights(made, options.weights).map((tensor) => tensor.name);
  const wanted = new Set([...weights, ...activations.map(nameOf)]);
  const gradients = differentiate(made.steps, operands, made.loss, wanted, g);
  const perWeight = new Map(weights.flatMap((name) => (gradients.has(name) ? [[name, gradients.get(name)!]] : [])));
  const perActivation = new Map<string, ActivationGradient>();
  for (const name of activations) {
    const gradient = gradients.get(nameOf(name));
    const value = operands.of(nameOf(name));
    if (gradient === undefined || !value) continue;
    if (perChannel === undefined) {
      perActivation.set(name, { gradient, product: undefined });
      continue;
    }
    const channel = value.axis(perChannel).axis;
    const others = value.dims.map((_, i) => i).filter((i) => i !== 0 && i !== channel);
    const product = g.mul(value.name, gradient);
    const summed = others.length ? g.reduce("ReduceSum", product, others, false) : product;
    perActivation.set(name, { gradient: undefined, product: summed });
  }
  const outputs = [...perActivation.values()].map((a) => a.gradient ?? a.product!);
  const graph = made.graphOf([...new Set([made.loss, ...perWeight.values(), ...outputs])]);
  return { graph, loss: made.loss, weights: perWeight, activations: perActivation };
}
