import type { ValueInfo } from "./graph/graph.ts";
import type { RunValues } from "./model.ts";

/** What a reader may go by. */
export interface ReadContext {
  /** The model's inputs: their names, types and sizes. */
  readonly inputs: readonly ValueInfo[];
  /** The most samples that are wanted; a reader may return more. Default: all there are. */
  readonly limit?: number | undefined;
}

/**
 * Reads samples from a file: arrays named after the model's inputs, each with samples along its first axis, and where
 * there are classes, whole numbers called `labels`. A single array may have any name where the model has one input.
 * Scaling, batching and the check of shapes are the caller's.
 */
export interface DataReader {
  /** The name it is known by, on the command line too. */
  readonly name: string;
  readonly read: (path: string, context: ReadContext) => Promise<RunValues>;
}
