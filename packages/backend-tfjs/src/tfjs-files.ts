import type { Model } from "@prune/core";
import type { SavingOptions } from "./format/saving.ts";
import { type TfjsFiles, writeTfjs } from "./format/write-tfjs.ts";
import { toTfjs } from "./to-tfjs.ts";

/**
 * A model as the files that TensorFlow.js loads it from, for a page to keep or to offer for download.
 * @throws {PruneError} `unsupported`
 */
export const tfjsFiles = (model: Pick<Model, "graph">, options: SavingOptions = {}): TfjsFiles =>
  writeTfjs(toTfjs(model.graph, options));
