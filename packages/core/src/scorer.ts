import type { Evidence, EvidenceKind } from "./evidence/evidence.ts";
import type { RecoveryContext } from "./recovery.ts";
import type { Analysis } from "./solver/analyze.ts";
import type { ChannelGroup, GroupMember } from "./solver/channel-group.ts";
import type { LinearLayer } from "./solver/linear-layers.ts";

/** What a scorer may read besides what it scores. */
export interface ScoreContext {
  readonly analysis: Analysis;
  /** Seed for scorers that draw numbers. */
  readonly seed: number;
  /** What the scorer named under `needs`. */
  readonly evidence: Evidence;
}

/** How a unit's importances in several tensors become one. */
export type Aggregation = "sum" | "mean" | "max" | "first" | "root-sum-square";

/**
 * Which weights speak for a unit: all that leave with it, biases and normalisation included; those of the linear layers
 * that make it; or those of the linear layers that read it. Where a group has no layer of the one kind, the other is taken.
 */
export type UnitWeights = "all" | "incoming" | "outgoing";

/**
 * Gives importances; higher means keep. A scorer reads and never edits, and it knows no operator: a group's members say
 * which tensor, which axis and which index belongs to which unit; a linear layer says which weight joins which input
 * feature to which output feature. It offers at least one of three ways to score:
 *
 * - `score`: the units of a group as a whole;
 * - `scoreMember`: what one weight tensor says of the units of a group, which are then put together by `aggregate`;
 * - `scoreWeights`: every single weight of a layer. What a tensor says of a unit is then the sum over the unit's weights.
 */
export interface Scorer {
  /** The name it is known by, on the command line too. */
  readonly name: string;
  /** What must be gathered before it can score; empty for scorers that read weights only. */
  readonly needs: readonly EvidenceKind[];
  /** @returns `group.size` importances, all finite */
  readonly score?: (group: ChannelGroup, context: ScoreContext) => Float32Array | Promise<Float32Array>;
  /** @returns `group.size` importances, all finite; undefined where the member does not count */
  readonly scoreMember?: (
    member: GroupMember,
    group: ChannelGroup,
    context: ScoreContext,
  ) => Float32Array | undefined | Promise<Float32Array | undefined>;
  /** @returns one importance per element of `layer.tensor`, in its layout; all finite; 0 for elements that are not the layer's */
  readonly scoreWeights?: (layer: LinearLayer, context: ScoreContext) => Float32Array | Promise<Float32Array>;
  /** How importances in several tensors become one unless the caller says otherwise. Default "sum". */
  readonly aggregate?: Aggregation;
  /** Which weights speak for a unit, unless the scorer scores groups as a whole. Default "all". */
  readonly weights?: UnitWeights;
  /** New values for what stays, to make up for what left; runs right after the cut, before any recovery step. */
  readonly compensate?: (context: RecoveryContext) => Promise<RecoveryContext["pruned"]>;
}
