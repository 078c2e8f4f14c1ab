import { accuracy, classify, type DataSet, type LatencyReport, timeModels } from "@prune/cli/portable";
import type { Graph, Model, RecoveryStep } from "@prune/core";
import { bn, reconstruct } from "@prune/recovery";

/** Unlabelled images that layers are fitted to. */
export const CALIBRATION = 1000;

/** Recovery without labels: batch normalisation estimated anew, then the layers fitted to what the original yields. */
export const withoutLabels = (): RecoveryStep[] => [bn(), reconstruct()];

/** A recovery step that changes nothing and keeps the network as it is by then. */
export function keepIn(graphs: Graph[]): RecoveryStep {
  return {
    name: "keep",
    recover: ({ pruned }) => {
      graphs.push(pruned);
      return Promise.resolve({ graph: pruned });
    },
  };
}

/** The classes that a network finds most likely, and how often that is the label. */
export interface Predictions {
  readonly classes: Int32Array;
  /** Undefined where the data has no labels. */
  readonly accuracy: number | undefined;
}

/** Runs a network on all of the data. */
export async function predict(model: Model, data: DataSet, onProgress?: (done: number) => void): Promise<Predictions> {
  const classes = await classify(model, data, { onProgress });
  return { classes, accuracy: data.labels && accuracy(classes, data.labels.subarray(0, data.count)) };
}

/** Times networks in turn, on one thread unless told otherwise: with more, what else the machine does shows. */
export function time(
  models: readonly Model[],
  { seconds, threads = 1 }: { readonly seconds: number; readonly threads?: number },
): Promise<LatencyReport> {
  return timeModels(models, { threads, seconds });
}
