import {
  type Analysis,
  type ChannelGroup,
  type Decision,
  errorBadOption,
  Masks,
  type PruneContext,
  type Pruner,
  sizeOf,
  toFloat32,
} from "@prune/core";
import { Constants } from "./constants.ts";
import { axesOf, clearUnits, convict, suspects } from "./dead.ts";
import { errorTwoThresholds } from "./errors.ts";
import { rulesOf } from "./follow.ts";
import { foldInto } from "./fold.ts";
import { masksBelow, thresholdAt } from "./threshold.ts";
import { Weights } from "./weights.ts";

export interface WeightOptions {
  /** Weights of at most this magnitude become zero before the search. Default 0: only those that are zero already count. */
  readonly epsilon?: number;
  /** Instead of `epsilon`: the share of all weights that become zero, in percent, smallest first. Above 0, below 100. */
  readonly percentile?: number;
}

/** What the search for dead units found. */
interface Found {
  readonly removed: Map<ChannelGroup, Uint8Array>;
  /** Biases that took up constants. */
  readonly values: Map<string, Float32Array>;
  /** Groups of which no unit is alive; they keep one. */
  readonly allDead: readonly ChannelGroup[];
}

/**
 * Removes what is zero: `W_new = W_old − { w_ij | w_ij = 0 }`. A unit leaves the network when it adds nothing to any sum:
 * all that comes into it is zero, its bias and the shift of its normalisation included, or all its outgoing weights are.
 * One that yields a constant leaves when the next bias can take that over exactly. There is no rounding, no least width
 * and no greatest sparsity, and no scorer: the result computes what the original does, within rounding.
 *
 * With `epsilon` or `percentile`, small weights of linear layers become zero first; then the result computes what the
 * original does with those at zero.
 * @throws {PruneError} `bad-option`
 */
export function weight({ epsilon = 0, percentile }: WeightOptions = {}): Pruner {
  if (!(epsilon >= 0 && epsilon < Infinity)) throw errorBadOption("epsilon", "a number from 0", epsilon);
  if (percentile !== undefined && !(percentile > 0 && percentile < 100))
    throw errorBadOption("percentile", "a number above 0 and below 100", percentile);
  if (percentile !== undefined && epsilon > 0) throw errorTwoThresholds();
  return {
    name: "weight",
    untargeted: true,
    decide: (context) => decide(context, epsilon, percentile),
  };
}

async function decide(context: PruneContext, epsilon: number, percentile: number | undefined): Promise<Decision> {
  const { analysis } = context;
  const threshold = percentile === undefined ? epsilon : thresholdAt(analysis, percentile);
  const masks = threshold > 0 ? masksBelow(analysis, threshold) : new Masks();
  const { removed, values, allDead } = await findDead(context, masks);
  return {
    removed,
    lossless: true,
    ...(masks.size ? { masks } : {}),
    ...(values.size ? { values } : {}),
    notes: {
      threshold,
      dead: [...removed].map(([{ id, size }, gone]) => ({ group: id, size, removed: count(gone) })),
      folded: [...values.keys()],
      allDead: allDead.map((group) => group.id),
      summary: summaryOf(analysis, masks, removed, allDead),
    },
  };
}

/** Looks for dead units until there are no more: what leaves may take away all that another one reads. */
async function findDead(
  { analysis, groups, runtime }: PruneContext,
  masks: ReadonlyMap<string, Uint8Array>,
): Promise<Found> {
  const rules = rulesOf(analysis);
  const weights = new Weights(analysis, masks);
  const constants = new Constants(analysis, masks, runtime);
  const removed = new Map<ChannelGroup, Uint8Array>();
  const folded = new Set<string>();
  const allDead = new Set<ChannelGroup>();
  for (let found = true; found;) {
    found = false;
    const drafts = groups.flatMap((group) => suspects(rules, weights, group) ?? []);
    await constants.measure(drafts.flatMap(axesOf));
    for (const draft of drafts) {
      const { group } = draft;
      const before = removed.get(group) ?? new Uint8Array(group.size);
      const { units, folds } = convict(rules, draft, constants);
      const dead = units.map((x, u) => x | before[u]!);
      if (!dead.includes(0)) {
        allDead.add(group);
        dead[before.indexOf(0)] = 0; // runtimes need one
      }
      if (count(dead) === count(before)) continue;
      found = true;
      for (const fold of folds) {
        const going = fold.units.map((x, u) => x & dead[u]! & ~before[u]!);
        folded.add(foldInto(analysis, { ...fold, units: going }, group, constants, weights));
      }
      removed.set(group, dead);
      clearUnits(weights, group, dead);
    }
  }
  return { removed, values: new Map([...folded].map((name) => [name, weights.data(name)])), allDead: [...allDead] };
}

const count = (flags: Uint8Array): number => flags.reduce((n, x) => n + x, 0);

/** The same for people. */
function summaryOf(
  analysis: Analysis,
  masks: ReadonlyMap<string, Uint8Array>,
  removed: ReadonlyMap<ChannelGroup, Uint8Array>,
  allDead: readonly ChannelGroup[],
): string[] {
  const all = new Map(analysis.linear.map(({ tensor }) => [tensor.name, sizeOf(tensor.dims)]));
  const total = [...all.values()].reduce((n, size) => n + size, 0);
  const small = [...masks.keys()].reduce((n, name) => n + newZeros(analysis, name, masks.get(name)!), 0);
  const dead = [...removed.values()].reduce((n, units) => n + count(units), 0);
  const lines = small ? [`${small} of ${plural(total, "weight")} became zero, in ${plural(masks.size, "layer")}.`] : [];
  if (dead)
    lines.push(
      `${plural(dead, "dead unit")} in ${plural(removed.size, "group")} ${dead === 1 ? "was" : "were"} removed.`,
    );
  for (const { id } of allDead)
    lines.push(`No unit of "${id}" is alive: one is left, since runtimes need one, and nothing passes through it.`);
  return lines;
}

/** How many weights a mask sets to zero that were not. */
function newZeros({ operands }: Analysis, name: string, mask: Uint8Array): number {
  const data = toFloat32(operands.constants.get(name)!);
  return mask.reduce((n, keeps, i) => n + (!keeps && data[i] !== 0 ? 1 : 0), 0);
}

const plural = (n: number, what: string): string => `${n} ${what}${n === 1 ? "" : "s"}`;
