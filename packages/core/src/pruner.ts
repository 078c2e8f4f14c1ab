import type { DataSource } from "./data.ts";
import type { Runtime } from "./model.ts";
import type { CostModel } from "./plan/cost.ts";
import type { RemovedUnits } from "./plan/cut.ts";
import type { Edits } from "./plan/edits.ts";
import type { Target } from "./plan/target.ts";
import type { ScoreContext, Scorer } from "./scorer.ts";
import type { Analysis, AnalyzeOptions } from "./solver/analyze.ts";
import type { ChannelGroup } from "./solver/channel-group.ts";
import type { LinearLayer } from "./solver/linear-layers.ts";

/** What a pruner decides with. */
export interface PruneContext {
  readonly analysis: Analysis;
  /** The groups that may be cut. */
  readonly groups: readonly ChannelGroup[];
  readonly costs: CostModel;
  /** For a pruner that goes by no target, a sparsity of 0. */
  readonly target: Target;
  /** Importances of a group's units, from the scorer the caller chose; computed once per group. */
  readonly score: (group: ChannelGroup) => Promise<Float32Array>;
  /**
   * Importances of single weights of a layer, in the layout of `layer.tensor`.
   * @throws {PruneError} `bad-option` when the scorer does not score single weights
   */
  readonly scoreWeights: (layer: LinearLayer) => Promise<Float32Array>;
  /** The scorer itself, and what it scores with. */
  readonly scorer: Scorer;
  readonly scoring: ScoreContext;
  /** Runs graphs derived from the network's. */
  readonly runtime: Runtime;
  /** Samples to measure the network on, where the caller gave some. */
  readonly calibration: DataSource | undefined;
  /** The same for the network after some edits: what the scorer needs is gathered again. */
  readonly after: (edits: Edits) => Promise<PruneContext>;
}

/** What a pruner has to say about what it did, for the report. JSON. */
export interface PrunerNotes {
  /** Sentences for people. */
  readonly summary?: readonly string[];
  readonly [name: string]: unknown;
}

/** What is to be done: units that leave, weights that become zero, values that are read in place of others. */
export interface Decision extends Edits {
  readonly removed?: RemovedUnits;
  /**
   * Promises that the result computes what the original does once its masks are applied, not only what it does with the
   * removed parts at zero: core then checks that as well. Default false.
   */
  readonly lossless?: boolean;
  readonly notes?: PrunerNotes;
}

/** Turns importances and a target into a decision. It never touches a tensor: core cuts, and proves the cut. */
export interface Pruner {
  readonly name: string;
  /** Whether it goes by what it finds, and takes no target. Default false. */
  readonly untargeted?: boolean;
  /** What the analysis must free for it, besides what the caller asks for. Default nothing. */
  readonly frees?: Pick<AnalyzeOptions, "vocabulary">;
  /** @throws {PruneError} `target-unreachable`, `nothing-to-prune` */
  readonly decide: (context: PruneContext) => Promise<Decision>;
}
