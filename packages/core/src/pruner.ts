import type { CostModel } from "./plan/cost.ts";
import type { RemovedUnits } from "./plan/cut.ts";
import type { Target } from "./plan/target.ts";
import type { Analysis } from "./solver/analyze.ts";
import type { ChannelGroup } from "./solver/channel-group.ts";

/** What a pruner decides with. */
export interface PruneContext {
  readonly analysis: Analysis;
  /** The groups that may be cut. */
  readonly groups: readonly ChannelGroup[];
  readonly costs: CostModel;
  readonly target: Target;
  /** Importances of a group's units, from the scorer the caller chose; computed once per group. */
  readonly score: (group: ChannelGroup) => Promise<Float32Array>;
}

/** Turns importances and a target into a decision. It never touches a tensor: core cuts, and proves the cut. */
export interface Pruner {
  readonly name: string;
  /** @throws {PruneError} `target-unreachable`, `nothing-to-prune` */
  readonly decide: (context: PruneContext) => Promise<RemovedUnits>;
}
