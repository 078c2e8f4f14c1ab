import type { Checkpoints } from "./checkpoints.ts";
import type { DataSource } from "./data.ts";
import type { Graph } from "./graph/graph.ts";
import type { Runtime } from "./model.ts";
import type { OpHandler } from "./ops/define-op.ts";
import type { Cut } from "./plan/cut.ts";
import type { Edits } from "./plan/edits.ts";
import type { Analysis } from "./solver/analyze.ts";

/** What a recovery step works on. */
export interface RecoveryContext {
  /** The original: its graph (`analysis.graph`), groups and layers. */
  readonly analysis: Analysis;
  readonly cut: Cut;
  /** Weights that were set to zero and values that are bypassed, besides the cut. Masked weights must stay zero. */
  readonly edits: Edits;
  /** The pruned graph as the step before left it. Nodes that stayed have the output names that they have in the original. */
  readonly pruned: Graph;
  readonly runtime: Runtime;
  /** Calibration or training data, whichever the step wants. */
  readonly data: DataSource;
  /** Rules of operators that core does not have. */
  readonly operators?: readonly OpHandler[] | undefined;
  readonly seed: number;
  readonly signal?: { readonly aborted: boolean } | undefined;
  /** Where a step that trains keeps how far it is, and goes on from. */
  readonly checkpoints?: Checkpoints | undefined;
  readonly onProgress?: ((text: string, fraction: number) => void) | undefined;
}

/** An epoch of training. */
export interface RecoveryEpoch {
  /** From 1. */
  readonly epoch: number;
  /** Mean loss over the samples it was trained on, while it was. */
  readonly loss: number;
  /** Mean loss on samples that it was not trained on, after the epoch. */
  readonly heldOut: number;
  /** What the loss stands for on those, such as accuracy, as a fraction. */
  readonly metric?: number;
}

/** What a recovery step has to say about what it did. JSON; a step may say more than what is named here. */
export interface RecoveryNotes {
  /** Layers that were given new values. */
  readonly layers?: number;
  /** Squared differences of the outputs from the original's on the step's data, as a fraction of the original's squares. */
  readonly outputError?: { readonly before: number; readonly after: number };
  /** How a network that was trained does on samples that it was not trained on. */
  readonly heldOut?: {
    readonly samples: number;
    readonly loss: { readonly before: number; readonly after: number };
    /** What the loss stands for, such as accuracy, as a fraction. */
    readonly metric?: { readonly name: string; readonly before: number; readonly after: number };
  };
  /** How training went, epoch by epoch. */
  readonly history?: readonly RecoveryEpoch[];
  /** Whether the step was ended early by the signal. Undefined where it was not. */
  readonly interrupted?: true;
  /** Sentences on what was not done, and why. */
  readonly remarks?: readonly string[];
  readonly [more: string]: unknown;
}

/**
 * Gives the weights that stayed new values, so that the pruned network comes closer to the original. It changes no
 * shapes; core checks that the result loads, runs and is finite.
 */
export interface RecoveryStep {
  /** The name it is known by, on the command line too. */
  readonly name: string;
  /** Whether the data must have labels. Default false. */
  readonly needsLabels?: boolean;
  /** Whether a few samples do, or all there are to train with are wanted. Default "calibration". */
  readonly wants?: "calibration" | "training";
  readonly recover: (context: RecoveryContext) => Promise<{ readonly graph: Graph; readonly notes?: RecoveryNotes }>;
}
