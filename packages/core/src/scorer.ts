import type { Analysis } from "./solver/analyze.ts";
import type { ChannelGroup } from "./solver/channel-group.ts";

/** Statistics a scorer can ask for; gathered once for all groups before scoring starts. */
export type EvidenceKind = "activations" | "gradients" | "hessian";

/** What a scorer may read besides the group itself. */
export interface ScoreContext {
  readonly analysis: Analysis;
  /** Seed for scorers that draw numbers. */
  readonly seed: number;
}

/**
 * Gives importances. A scorer reads and never edits; it knows no operator: a group's members say which tensor, which
 * axis and which index belongs to which unit.
 */
export interface Scorer {
  /** The name it is known by, on the command line too. */
  readonly name: string;
  /** What must be gathered before it can score; empty for scorers that read weights only. */
  readonly needs: readonly EvidenceKind[];
  /** @returns `group.size` importances; higher means keep. All finite. */
  readonly score: (group: ChannelGroup, context: ScoreContext) => Float32Array | Promise<Float32Array>;
}
