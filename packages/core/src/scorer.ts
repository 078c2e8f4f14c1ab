import type { Evidence, EvidenceKind } from "./evidence/evidence.ts";
import type { MaskRule } from "./mask-rule.ts";
import type { Runtime } from "./model.ts";
import type { Cut } from "./plan/cut.ts";
import type { Edits } from "./plan/edits.ts";
import type { RecoveryNotes } from "./recovery.ts";
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
  /** Carries products of large matrices. Default: none does, and they are computed in JavaScript. */
  readonly runtime?: Runtime | undefined;
  /** Hears what the report should say about the scores, such as a layer that could not be scored as asked. */
  readonly remark?: ((text: string) => void) | undefined;
}

/** What was decided, for a scorer that makes up for it. */
export interface Outcome {
  readonly cut: Cut;
  readonly edits: Edits;
}

/** What makes up for what left. */
export interface Compensation {
  /** Constant → all its elements anew, in terms of the network before the cut. What was masked or cut stays so. */
  readonly values: ReadonlyMap<string, Float32Array>;
  readonly notes?: RecoveryNotes;
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
  /**
   * Which weights of a layer stay, where that depends on how those that stay make up for those that leave: a pruner that
   * masks weights then asks this instead of ranking `scoreWeights`.
   * @returns 1 for what stays and 0 for what leaves, in the layout of `layer.tensor`; 1 for elements that are not the layer's
   */
  readonly maskWeights?: (layer: LinearLayer, rule: MaskRule, context: ScoreContext) => Promise<Uint8Array>;
  /**
   * New values for what stays, to make up for what left; runs right after the cut has been proven, before any recovery
   * step. They are no part of the plan, which says what was cut.
   */
  readonly compensate?: (outcome: Outcome, context: ScoreContext) => Promise<Compensation>;
}
