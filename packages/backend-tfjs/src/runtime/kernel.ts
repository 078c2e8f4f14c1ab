import type { Node } from "@prune/core";
import type * as tf from "@tensorflow/tfjs-core";
import { errorMissingOperand } from "../errors.ts";
import type { Value } from "./value.ts";

/** What a kernel reads: the node, its operands (undefined where an optional one is left out), and a memory. */
export interface KernelContext {
  readonly node: Node;
  readonly in: readonly (Value | undefined)[];
  /** What is computed from values that are the same in every run is computed once. */
  readonly once: (key: string, from: readonly (Value | undefined)[], make: () => tf.Tensor) => tf.Tensor;
}

/** Computes the outputs of a node. */
export type Kernel = (context: KernelContext) => readonly Value[];

/** A kernel that takes its time: what it computes does not come at once. */
export type SlowKernel = (context: KernelContext) => Promise<readonly Value[]>;

/** An operand that must be there. */
export function operand({ node, in: inputs }: KernelContext, index: number): Value {
  const value = inputs[index];
  if (!value) throw errorMissingOperand(node, index);
  return value;
}
