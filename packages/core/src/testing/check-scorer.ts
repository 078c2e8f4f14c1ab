import type { Evidence, EvidenceKind, EvidenceKinds } from "../evidence/evidence.ts";
import { float32Tensor, sizeOf, toFloat32 } from "../graph/tensor.ts";
import type { ScoreContext, Scorer } from "../scorer.ts";
import { scoringWith } from "../scoring.ts";
import type { Analysis } from "../solver/analyze.ts";
import type { ChannelGroup } from "../solver/channel-group.ts";
import { Findings } from "./findings.ts";
import { permuteTensor, permuteUnits } from "./permute-units.ts";
import { sampleEvidence, type MovedUnits } from "./sample-evidence.ts";
import { analyzeSample, sampleNetworks, type SampleNetwork } from "./sample-networks.ts";

export interface ScorerCheckOptions {
  /** Whether scores follow what they judge when units change places; false for scores that are drawn. Default true. */
  readonly permutes?: boolean;
  /**
   * Made-up evidence of kinds that a plug-in brings itself.
   * @param moved the units that changed places in this network, which the evidence must follow unless `permutes` is false
   */
  readonly evidence?: (analysis: Analysis, moved?: MovedUnits) => Partial<EvidenceKinds>;
}

const KINDS: readonly EvidenceKind[] = ["activations", "samples", "gradients", "hessian", "flow"];

/**
 * Holds a scorer to its laws on every group and layer of some tiny networks: it has a name and says what it needs; it
 * gives one finite number per unit, and per weight if it scores weights, as a Float32Array, the same every time; it
 * changes no weight; and when the units of a group change places, so do scores. It gets made-up evidence of the kinds
 * that it names under `needs`, which follows the units.
 * @returns the laws that it breaks, in words; empty when all hold
 */
export async function checkScorer(scorer: Scorer, options: ScorerCheckOptions = {}): Promise<string[]> {
  const findings = new Findings();
  if (!/^[\w./@-]+$/.test(scorer.name)) findings.add(`has no name that a command line could take: "${scorer.name}"`);
  for (const sample of sampleNetworks()) {
    const analysis = await analyzeSample(sample);
    const known: readonly string[] = [...KINDS, ...Object.keys(options.evidence?.(analysis) ?? {})];
    for (const kind of scorer.needs) if (!known.includes(kind)) findings.add(`needs "${kind}", which there is not`);
    for (const group of analysis.groups) {
      if (!group.blocked) await checkGroup(scorer, sample, analysis, group, options, findings);
    }
  }
  return findings.list();
}

async function checkGroup(
  scorer: Scorer,
  sample: SampleNetwork,
  analysis: Analysis,
  group: ChannelGroup,
  { permutes = true, evidence }: ScorerCheckOptions,
  findings: Findings,
): Promise<void> {
  const place = `sample "${sample.name}", group "${group.id}"`;
  const before = weightsOf(group);
  const judge = judgement(scorer, evidence, place, findings);
  const first = await judge(analysis, group);
  const again = first && (await judge(analysis, group));
  if (weightsOf(group) !== before) findings.add("changes the weights it reads", place);
  if (!first || !again) return;
  checkScores(first.units, group.size, "unit", place, findings);
  for (const [name, scores] of first.weights)
    checkScores(scores, sizeOf(analysis.operands.constants.get(name)!.dims), "weight", place, findings);
  if (textOf(again) !== textOf(first)) return findings.add("gives other scores the second time", place);
  if (!permutes) return;

  const order = Array.from({ length: group.size }, (_, i) => i).toSorted((a, b) => (b % 2) - (a % 2) || b - a);
  const moved = await analyzeSample(sample, permuteUnits(analysis, group, order));
  const twin = moved.groups.find((g) => g.id === group.id)!;
  const other = await judge(moved, twin, { group: twin, order });
  if (!other) return;
  if (!order.every((from, unit) => near(other.units[unit]!, first.units[from]!)))
    findings.add("gives units other scores when they change places", place);
  for (const [name, scores] of first.weights) {
    const { dims } = analysis.operands.constants.get(name)!;
    const follow = toFloat32(permuteTensor(float32Tensor(name, scores, dims), group, order));
    if (!follow.every((score, i) => near(score, other.weights.get(name)![i]!)))
      findings.add("gives weights other scores when they change places", place);
  }
}

/** What a scorer says of a group's units, and of the single weights of the layers they go through, by tensor. */
interface Judgement {
  readonly units: Float32Array;
  readonly weights: ReadonlyMap<string, Float32Array>;
}

function judgement(
  scorer: Scorer,
  ownEvidence: ScorerCheckOptions["evidence"],
  place: string,
  findings: Findings,
): (analysis: Analysis, group: ChannelGroup, moved?: MovedUnits) => Promise<Judgement | undefined> {
  const needs = scorer.needs.filter((kind) => KINDS.includes(kind));
  return (analysis, group, moved) =>
    findings.attempt("throws", place, async () => {
      const known = sampleEvidence(analysis, needs, moved);
      const own = ownEvidence?.(analysis, moved) ?? {};
      const evidence: Evidence = { get: (kind) => own[kind] ?? known.get(kind) };
      const context: ScoreContext = { analysis, seed: 1, evidence };
      const weights = new Map<string, Float32Array>();
      if (scorer.scoreWeights) {
        const own = new Set(group.members.map((m) => m.tensor.name));
        for (const layer of analysis.linear)
          if (own.has(layer.tensor.name)) weights.set(layer.tensor.name, await scorer.scoreWeights(layer, context));
      }
      const units = scorer.score ? await scorer.score(group, context) : await scoringWith(scorer, context).group(group);
      return { units, weights };
    });
}

const textOf = ({ units, weights }: Judgement): string => [units, ...weights.values()].map((s) => s.join()).join(";");

function checkScores(scores: Float32Array, size: number, what: string, place: string, findings: Findings): void {
  if (!(scores instanceof Float32Array)) findings.add("gives something other than a Float32Array", place);
  if (scores.length !== size)
    findings.add(`does not give one score per ${what}`, `${scores.length} for ${size}, ${place}`);
  if (!Array.from(scores).every(Number.isFinite)) findings.add("gives a score that is not finite", place);
}

const weightsOf = ({ members }: ChannelGroup): string => members.map((m) => m.tensor.bytes().join()).join(";");

/** Sums in another order differ in their last digits. */
const near = (a: number, b: number): boolean => Math.abs(a - b) <= 1e-5 * Math.max(Math.abs(a), Math.abs(b), 1e-3);
