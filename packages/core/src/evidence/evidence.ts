import type { DataSource } from "../data.ts";
import { errorNoEvidence } from "../errors.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { Model } from "../model.ts";
import type { Cut } from "../plan/cut.ts";
import type { Edits } from "../plan/edits.ts";
import type { Analysis } from "../solver/analyze.ts";
import type { ChannelGroup } from "../solver/channel-group.ts";
import type { AxisRef } from "../solver/link.ts";
import type { LinearLayer } from "../solver/linear-layers.ts";

/** What was seen of the slices of an axis over the calibration set; every array has one number per index. */
export interface ChannelStatistics {
  /** Elements seen per index. */
  readonly count: number;
  readonly mean: Float64Array;
  /** Mean |y|. */
  readonly meanAbs: Float64Array;
  /** Mean y². */
  readonly meanSquare: Float64Array;
  /** Fraction of elements that were exactly zero. */
  readonly zeroFraction: Float64Array;
}

/** Statistics of what layers read and yield: of every linear layer's `input` and `output` axis. */
export interface ActivationEvidence {
  readonly of: (axis: AxisRef) => ChannelStatistics;
}

/** Every sample by itself, each index averaged over positions. */
export interface SampleEvidence {
  /** Row-major `[samples, indices]`, of a linear layer's `input` or `output` axis. */
  readonly of: (axis: AxisRef) => { readonly samples: number; readonly values: Float32Array };
}

/** Second moments of what a linear layer multiplies its weights with, over all positions of all samples. */
export interface SecondMoments {
  /** Positions seen. */
  readonly count: number;
  /** Columns of a block, `features · kernel`. */
  readonly columns: number;
  /** Per block the mean of `x·xᵀ`, row-major `[columns, columns]`; half the Hessian of the squared error. */
  readonly blocks: readonly Float64Array[];
  /** Per block the mean of x. */
  readonly means: readonly Float64Array[];
}

/**
 * What a layer reads once layers before it have changed, x̂, and what it is to yield: what some weights W make of x, which
 * it read in the original.
 */
export interface TargetMoments extends SecondMoments {
  /** Per block the mean of `(W·x)·x̂ᵀ`, row-major `[rows, columns]`. */
  readonly targets: readonly Float64Array[];
}

/** Second moments of a network after a cut and edits, while its layers get new weights. */
export interface ChangingMoments {
  /** Of what a layer reads by now. Ask in the order of `analysis.linear`. Undefined for a layer that has no `unfold`. */
  readonly of: (layer: LinearLayer) => Promise<SecondMoments | undefined>;
  /**
   * The same, and those with what it is to yield, which takes runs of the original too. They are the caller's to change.
   * @param values W, in the layout of the layer's tensor
   */
  readonly withTargets: (layer: LinearLayer, values: ArrayLike<number>) => Promise<TargetMoments | undefined>;
  /**
   * Gives the constant of a layer new elements, in terms of the original; what was cut stays zero. Of a tensor that is not
   * in memory, they are asked for whenever they are needed.
   */
  readonly change: (tensor: Tensor, values: () => Float32Array) => void;
}

/** Second moments, gathered a few layers at a time as they are asked for: ask in the order of `analysis.linear`. */
export interface HessianEvidence {
  /** Undefined for a layer that has no `unfold`. */
  readonly of: (layer: LinearLayer) => Promise<SecondMoments | undefined>;
  /** The same while layer after layer makes up for what left. */
  readonly after: (cut: Cut, edits: Edits) => ChangingMoments;
}

/** What a loss would do if a unit were scaled by a gate: `g = Σ a · dL/da`, over all of a unit's activations a in one sample. */
export interface GateStatistics {
  /** Mean |g| over samples, one number per unit. */
  readonly meanAbs: Float64Array;
  /** Mean g². */
  readonly meanSquare: Float64Array;
}

/** Gradients of a loss over the calibration set, taken one batch at a time: one sample, unless the model's batch is fixed. */
export interface GradientEvidence {
  /** Mean over batches of dL/dw, in the layout of the tensor; undefined where no gradient flows. */
  readonly mean: (tensor: string) => Float32Array | undefined;
  /** Mean over batches of (dL/dw)². */
  readonly meanSquare: (tensor: string) => Float32Array | undefined;
  /** Of the units that a group has along a linear layer's `input` or `output` axis; undefined where no gradient flows. */
  readonly gates: (group: ChannelGroup, axis: AxisRef) => GateStatistics | undefined;
  /** `H·g`: the Hessian of the mean loss times its gradient, in the layout of the tensor. Computed when first asked for. */
  readonly hessianGradient?: ((tensor: string) => Promise<Float32Array | undefined>) | undefined;
}

/** What passes through the weights of a network that is fed ones, all its weights being their magnitudes: no data is needed. */
export interface FlowEvidence {
  /**
   * `|w| · dR/d|w|`, R being the sum of all outputs of the linearised network, in the layout of the tensor and up to one
   * factor for the whole network; undefined where nothing passes.
   */
  readonly of: (tensor: string) => Float32Array | undefined;
}

/** Everything that can be gathered about a network before it is scored. */
export interface EvidenceKinds {
  readonly activations: ActivationEvidence;
  readonly samples: SampleEvidence;
  readonly hessian: HessianEvidence;
  readonly gradients: GradientEvidence;
  readonly flow: FlowEvidence;
}

export type EvidenceKind = keyof EvidenceKinds;

/** What a scorer was promised by naming it under `needs`. */
export interface Evidence {
  /** @throws {PruneError} `bad-option` for a kind that the scorer did not name under `needs` */
  readonly get: <K extends EvidenceKind>(kind: K) => EvidenceKinds[K];
}

/** What evidence is gathered from that needs no data. */
export interface NetworkContext {
  readonly model: Model;
  readonly analysis: Analysis;
  readonly seed: number;
  /** Hears how many of how many samples are done. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** What evidence is gathered from. */
export interface EvidenceContext extends NetworkContext {
  readonly data: DataSource;
}

/**
 * Gathers one kind of evidence. Core brings providers for all kinds but `gradients` and `flow`, which need automatic
 * differentiation.
 */
export type EvidenceProvider<K extends EvidenceKind = EvidenceKind> = SamplingProvider<K> | DataFreeProvider<K>;

interface SamplingProvider<K extends EvidenceKind> {
  readonly kind: K;
  readonly dataFree?: false;
  readonly gather: (context: EvidenceContext) => Promise<EvidenceKinds[K]>;
}

/** Gathers from the network alone. */
export interface DataFreeProvider<K extends EvidenceKind = EvidenceKind> {
  readonly kind: K;
  readonly dataFree: true;
  readonly gather: (context: NetworkContext) => Promise<EvidenceKinds[K]>;
}

/** Evidence that was gathered, by kind. */
export function evidenceOf(gathered: Partial<EvidenceKinds>): Evidence {
  return {
    get: (kind) => {
      const found = gathered[kind];
      if (!found) throw errorNoEvidence(kind);
      return found;
    },
  };
}
