import type { DataSource } from "./data.ts";
import type { Model } from "./model.ts";

/** How good a network is, as one number. */
export interface Metric {
  /** The name it is known by, on the command line too. */
  readonly name: string;
  /** Whether a larger number is better. Default "higher". */
  readonly better?: "higher" | "lower";
  /** Whether the data must have labels. Default false. */
  readonly needsLabels?: boolean;
  /**
   * @param original the network before it was pruned, for metrics that compare with it
   * @returns a finite number over all samples
   */
  readonly measure: (model: Model, data: DataSource, original: Model) => number | Promise<number>;
}
