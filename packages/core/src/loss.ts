import type { Emitter } from "./graph/emitter.ts";

/** A value of a network in a training graph. */
export interface LossValue {
  readonly name: string;
  readonly dims: readonly number[];
}

/** The values of a network that a loss may read. */
export interface LossNetwork {
  /** The graph's outputs, in order. */
  readonly outputs: readonly LossValue[];
  /** Any value of the network by its name there. @throws {PruneError} `bad-option` */
  value(name: string): LossValue;
}

/** What a loss is built from. */
export interface LossContext extends LossNetwork {
  readonly g: Emitter;
  /** The labels of a batch, in the type that the loss asked for. */
  readonly labels: LossValue | undefined;
  /** The network to learn from, which is not trained; undefined when none was given. */
  readonly teacher: LossNetwork | undefined;
}

/** Names of scalars: means over the batch. */
export interface LossGraph {
  readonly loss: string;
  /** What is reported, and what the best weights are chosen by. Default: the loss. */
  readonly metric?: string | undefined;
}

/** What training minimises: nodes that compute it. Its gradient follows from the operators' rules. */
export interface Loss {
  readonly name: string;
  /** Element type of the labels that the loss reads; undefined: none. */
  readonly labels?: "int64" | "float32" | undefined;
  /** Name of the metric, and whether a larger one is better. */
  readonly metric?: { readonly name: string; readonly better: "higher" | "lower" } | undefined;
  readonly build: (op: LossContext) => LossGraph;
}
