import type { Emitter } from "@prune/core";

/** One weight and what its update is computed from, by name. */
export interface UpdateContext {
  readonly g: Emitter;
  readonly weight: string;
  readonly gradient: string;
  /** The optimiser's memory of this weight, in the weight's shape. */
  readonly slots: Readonly<Record<string, string>>;
  /** The step's learning rate and the optimiser's own scalars. */
  readonly scalars: Readonly<Record<string, string>>;
  /** Whether weight decay applies to this weight. */
  readonly decays: boolean;
}

/** How weights follow gradients: nodes that compute the next weights. */
export interface Optimizer {
  readonly name: string;
  /** Learning rate, before the schedule's factor. */
  readonly learningRate: number;
  /** Names of what is remembered per weight; zeros at first. */
  readonly slots: readonly string[];
  /** Scalars of a step, counted from 1; `learningRate` is the scheduled one. */
  readonly scalars: (step: number, learningRate: number) => Readonly<Record<string, number>>;
  readonly update: (op: UpdateContext) => { readonly weight: string; readonly slots: Readonly<Record<string, string>> };
}
