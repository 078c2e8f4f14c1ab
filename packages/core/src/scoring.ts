import {
  errorBadOption,
  errorCannotScore,
  errorNothingToScore,
  errorScore,
  errorScoreOfData,
  errorWeightsNotFinite,
} from "./errors.ts";
import { sizeOf, type Tensor, toFloat32 } from "./graph/tensor.ts";
import type { Aggregation, ScoreContext, Scorer, UnitWeights } from "./scorer.ts";
import type { ChannelGroup, GroupMember } from "./solver/channel-group.ts";
import type { LinearLayer } from "./solver/linear-layers.ts";

/** How the importances of a group are scaled before groups are compared. */
export type Normalization = "none" | "mean" | "max" | "sum" | "root-sum-square" | "standard";

export const AGGREGATIONS: readonly Aggregation[] = ["sum", "mean", "max", "first", "root-sum-square"];
export const NORMALIZATIONS: readonly Normalization[] = ["none", "mean", "max", "sum", "root-sum-square", "standard"];

/** What happens to importances between the scorer and the pruner. */
export interface ScoringOptions {
  /** How importances in several tensors become one. Default: the scorer's own choice, or "sum". */
  readonly aggregate?: Aggregation;
  /**
   * How a group's importances are scaled: divided by their mean, maximum, sum or root of the sum of squares, or
   * `(s − mean) / standard deviation`; single weights likewise, layer by layer. Default "none". An allocation that compares groups divides by the mean on top.
   */
  readonly normalize?: Normalization;
}

/** Scores of one scorer, each computed once; those of weights that are not in memory, whenever they are asked for. */
export interface Scoring {
  readonly group: (group: ChannelGroup) => Promise<Float32Array>;
  readonly weights: (layer: LinearLayer) => Promise<Float32Array>;
  /** Those that were asked for, so far. */
  readonly known: {
    readonly groups: ReadonlyMap<ChannelGroup, Promise<Float32Array>>;
    readonly layers: ReadonlySet<LinearLayer>;
  };
}

export function scoringWith(scorer: Scorer, context: ScoreContext, options: ScoringOptions = {}): Scoring {
  const { aggregate = scorer.aggregate ?? "sum", normalize = "none" } = options;
  if (!AGGREGATIONS.includes(aggregate)) throw errorBadOption("aggregate", AGGREGATIONS.join(", "), aggregate);
  if (!NORMALIZATIONS.includes(normalize)) throw errorBadOption("normalize", NORMALIZATIONS.join(", "), normalize);
  if (scorer.score && options.aggregate)
    throw errorBadOption("aggregate", `left out: scorer "${scorer.name}" scores groups as a whole`, aggregate);
  const weights = byLayer((layer) => checkedWeights(scorer, layer, context));
  const groups = new Map<ChannelGroup, Promise<Float32Array>>();
  const layers = new Set<LinearLayer>();
  const group = remembered(async (group: ChannelGroup) => {
    const scores = await unitScores(scorer, group, context, aggregate, weights);
    const tensors = group.members.map(({ tensor }) => tensor);
    return normalized(checked(scores, group.size, { scorer, what: "units", of: group.id, tensors }), normalize);
  }, groups);
  const scaled = (layer: LinearLayer): Promise<Float32Array> => {
    layers.add(layer);
    return normalize === "none" ? weights(layer) : normalizedOnce(layer);
  };
  const normalizedOnce = byLayer(async (layer) => normalized(await weights(layer), normalize));
  return { group, weights: scaled, known: { groups, layers } };
}

function remembered<K, V>(make: (key: K) => Promise<V>, known = new Map<K, Promise<V>>()): (key: K) => Promise<V> {
  return (key) => {
    const value = known.get(key) ?? make(key);
    known.set(key, value);
    return value;
  };
}

function byLayer(make: (layer: LinearLayer) => Promise<Float32Array>): (layer: LinearLayer) => Promise<Float32Array> {
  const once = remembered(make);
  return (layer) => (layer.tensor.stored ? make(layer) : once(layer));
}

async function checkedWeights(scorer: Scorer, layer: LinearLayer, context: ScoreContext): Promise<Float32Array> {
  if (!scorer.scoreWeights) throw errorCannotScore(scorer.name, "single weights");
  const { tensor } = layer;
  const judged = { scorer, what: "weights", of: tensor.name, tensors: [tensor] } as const;
  return checked(await scorer.scoreWeights(layer, context), sizeOf(tensor.dims), judged);
}

/** What was judged, for errors. */
interface Judged {
  readonly scorer: Scorer;
  readonly what: "units" | "weights";
  readonly of: string;
  /** Weights that it may have been judged by. */
  readonly tensors: readonly Tensor[];
}

/** Scores as a scorer gave them: one finite number for everything. */
function checked(scores: Float32Array, size: number, { scorer, what, of, tensors }: Judged): Float32Array {
  const { length } = (scores ?? {}) as { readonly length?: unknown };
  if (length !== size) {
    const given = typeof length === "number" ? `${length} scores` : `${String(scores)} in place of scores`;
    throw errorScore(scorer.name, of, `${given} for ${size} ${what}`);
  }
  if (scores.every(Number.isFinite)) return scores;
  const culprit = tensors.find((tensor) => !toFloat32(tensor).every(Number.isFinite));
  if (culprit) throw errorWeightsNotFinite(scorer.name, of, culprit.name);
  if (scorer.needs.length) throw errorScoreOfData(scorer.name, of);
  throw errorScore(scorer.name, of, "a score that is not finite");
}

async function unitScores(
  scorer: Scorer,
  group: ChannelGroup,
  context: ScoreContext,
  aggregate: Aggregation,
  weights: Scoring["weights"],
): Promise<Float32Array> {
  if (scorer.score) return scorer.score(group, context);
  if (!scorer.scoreMember && !scorer.scoreWeights) throw errorCannotScore(scorer.name, "units");
  const layers = new Map(context.analysis.linear.map((layer) => [layer.tensor.name, layer]));
  const isLinear = ({ tensor }: GroupMember): boolean => layers.has(tensor.name);
  const which = scorer.weights ?? "all";
  const members =
    which === "all" && scorer.scoreMember ? group.members : speaking(group.members.filter(isLinear), which);
  const parts: Float32Array[] = [];
  for (const member of members) {
    const part = scorer.scoreMember
      ? await scorer.scoreMember(member, group, context)
      : sumsOver(member, group, await weights(layers.get(member.tensor.name)!));
    if (part) parts.push(checkedLength(part, group, scorer));
  }
  if (!parts.length && group.members.length) throw errorNothingToScore(scorer.name, group.id);
  return aggregated(parts, group.size, aggregate);
}

/** Numbers that are not finite are told of once they are put together. */
function checkedLength(part: Float32Array, { size, id }: ChannelGroup, { name }: Scorer): Float32Array {
  if (part.length !== size) throw errorScore(name, id, `${part.length} scores for ${size} units`);
  return part;
}

function speaking(members: readonly GroupMember[], which: UnitWeights): readonly GroupMember[] {
  const chosen = members.filter(({ role }) => which === "all" || (role === "output") === (which === "incoming"));
  return chosen.length ? chosen : members;
}

/** What the weights of a tensor say of a group's units: the sum over each unit's weights. */
export function sumsOver(
  { tensor, axis, unitOf }: GroupMember,
  { size }: ChannelGroup,
  weights: Float32Array,
): Float32Array {
  const sums = new Float64Array(size);
  const length = tensor.dims[axis]!;
  const inner = sizeOf(tensor.dims.slice(axis + 1));
  const units = Int32Array.from({ length }, (_, i) => unitOf(i));
  for (let at = 0, i = 0; at < weights.length; i = (i + 1) % length) {
    const unit = units[i]!;
    const end = at + inner;
    if (unit < 0) at = end;
    else for (; at < end; at++) sums[unit]! += weights[at]!;
  }
  return Float32Array.from(sums);
}

/** One importance per unit from those in several tensors. */
export function aggregated(parts: readonly Float32Array[], size: number, aggregate: Aggregation): Float32Array {
  return Float32Array.from({ length: size }, (_, unit) => {
    const own = parts.map((part) => part[unit]!);
    switch (aggregate) {
      case "first":
        return own[0] ?? 0;
      case "max":
        return own.reduce((a, b) => Math.max(a, b), own[0] ?? 0);
      case "root-sum-square":
        return Math.sqrt(own.reduce((sum, x) => sum + x * x, 0));
      default:
        return own.reduce((sum, x) => sum + x, 0) / (aggregate === "mean" ? Math.max(1, own.length) : 1);
    }
  });
}

/** A group's importances, scaled so that they compare with other groups'. Order within the group stays. */
export function normalized(scores: Float32Array, how: Normalization): Float32Array {
  const n = scores.length;
  const sum = scores.reduce((a, b) => a + b, 0);
  const squares = scores.reduce((a, b) => a + b * b, 0);
  const over = (by: number, shift = 0): Float32Array => scores.map((s) => (s - shift) / (by || 1));
  switch (how) {
    case "mean":
      return over(Math.abs(sum / n));
    case "sum":
      return over(Math.abs(sum));
    case "max":
      return over(scores.reduce((a, b) => Math.max(a, Math.abs(b)), 0));
    case "root-sum-square":
      return over(Math.sqrt(squares));
    case "standard":
      return over(Math.sqrt(Math.max(0, squares / n - (sum / n) ** 2)), sum / n);
    default:
      return scores;
  }
}
