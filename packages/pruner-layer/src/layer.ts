import {
  costModel,
  type Decision,
  errorBadOption,
  errorNeedsCalibration,
  errorNothingToPrune,
  errorNoLatency,
  errorTargetUnreachable,
  type PruneContext,
  type PruneError,
  type Pruner,
  withEdits,
} from "@prune/core";
import { type Block, type BlockSize, findBlocks } from "./blocks.ts";
import { type Removal, without } from "./caches.ts";
import { keepsConnected } from "./connected.ts";
import { errorTooFew } from "./errors.ts";
import { flowOf } from "./regions.ts";
import { layersThatStay, whyTheyStay } from "./stay.ts";
import { RANKINGS, type Ranking, scoresOf, type Scores } from "./scores.ts";

export interface LayerOptions {
  /**
   * What goes first: the block with the least sum of importances of its weights ("sum"), that sum per weight ("mean"), or
   * the block that changes least what passes through it ("influence", which needs calibration data). Default "influence"
   * with calibration data, "mean" without: what measured best on the networks of the fixtures.
   */
  readonly rank?: Ranking;
  /** Whether blocks that a network repeats leave whole, or branch by branch. Default "whole". */
  readonly blocks?: BlockSize;
}

/** Which one to leave a block was, from 1, and what it scored then. */
interface Leaving {
  readonly order: number;
  readonly score: number;
}

/** A block as the report lists it. */
interface BlockNotes {
  readonly block: string;
  readonly kind: Block["kind"];
  readonly layers: readonly string[];
  /** What it scored in the whole network, under each ranking that could be measured. */
  readonly scores: Scores;
  /** Undefined where it stayed. */
  readonly left?: Leaving;
}

/**
 * Removes layers, residual branches and whole blocks, the least important first; importances are measured again on what
 * is left after each. A `sparsity` is the fraction of removable blocks. The classic importance of a layer is
 * `Σ_ij |w_ij| · |y_j|`, with the scorer that gives `|w_ij| · |y_j|`; any scorer of single weights will do.
 * @throws {PruneError} `bad-option`
 */
export function layer({ rank, blocks = "whole" }: LayerOptions = {}): Pruner {
  if (rank !== undefined && !RANKINGS.includes(rank)) throw errorBadOption("rank", RANKINGS.join(", "), rank);
  if (blocks !== "whole" && blocks !== "branch") throw errorBadOption("blocks", "whole or branch", blocks);
  return {
    name: "layer",
    decide: (context) => decide(context, rank ?? (context.calibration ? "influence" : "mean"), blocks),
  };
}

async function decide(context: PruneContext, rank: Ranking, size: BlockSize): Promise<Decision> {
  const { analysis, calibration, scorer } = context;
  if (rank === "influence" && !calibration) throw errorNeedsCalibration("Ranking by influence", ["samples"]);
  const all = findBlocks(analysis, size);
  const whole = layersThatStay(analysis, all);
  const why = whyTheyStay(whole) ?? [];
  if (!all.length)
    throw errorNothingToPrune(["no block yields what has the shape of what it reads", why].flat().join(". "));
  const rankings = RANKINGS.filter((r) => r === rank || (r === "influence" ? calibration : scorer.scoreWeights));
  const first = await scoresOf(context, all, rankings, (value) => value);
  const { left, removal } = await remove(context, all, first, rank);
  const blocks = all.map((block, i): BlockNotes => {
    const gone = left.get(block);
    const layers = block.layers.map(({ node }) => node.name || node.outputs[0]!);
    return { block: block.name, kind: block.kind, layers, scores: first[i]!, ...(gone ? { left: gone } : {}) };
  });
  return {
    ...(removal.bypassed.size ? removal : {}),
    notes: {
      rank,
      blocks,
      whole,
      summary: [
        `${left.size} of ${all.length} removable blocks left: ${namesOf(left.keys())}.`,
        ...[why].flat().map((line) => `${line}.`),
      ],
    },
  };
}

const namesOf = (blocks: Iterable<Block>): string => [...blocks].map((block) => block.name).join(", ") || "none";

/** Takes blocks out, one after another, until the target is met. */
async function remove(
  context: PruneContext,
  all: readonly Block[],
  first: readonly Scores[],
  rank: Ranking,
): Promise<{ readonly left: ReadonlyMap<Block, Leaving>; readonly removal: Removal }> {
  const { analysis } = context;
  const goal = goalOf(context, all.length);
  const left = new Map<Block, Leaving>();
  const { caches } = flowOf(analysis);
  let removal: Removal = { bypassed: new Map(), dropped: new Set() };
  const source = (value: string): string => {
    const by = removal.bypassed.get(value);
    return by === undefined ? value : source(by);
  };
  let open = all.map((block, i) => ({ block, score: first[i]![rank]! }));
  while (!goal.isMet(removal, left.size)) {
    const least = open.reduce<(typeof open)[number] | undefined>(
      (a, b) => (a && a.score <= b.score ? a : b),
      undefined,
    );
    if (!least) throw goal.unreachable(removal, left.size);
    const { block, score } = least;
    open = open.filter((o) => o !== least);
    const next = without(analysis, removal, block, caches);
    if (!next || !keepsConnected(analysis, next)) continue;
    removal = next;
    left.set(block, { order: left.size + 1, score });
    if (goal.isMet(removal, left.size) || !open.length) continue;
    const blocks = open.map((o) => o.block);
    const scores = await scoresOf(await context.after(removal), blocks, [rank], source);
    open = blocks.map((b, i) => ({ block: b, score: scores[i]![rank]! }));
  }
  return { left, removal };
}

/** When enough has left: what, and how many blocks that is. */
interface Goal {
  readonly isMet: (removal: Removal, blocks: number) => boolean;
  /** The error that says how near one can get. */
  readonly unreachable: (removal: Removal, blocks: number) => PruneError;
}

function goalOf({ analysis, costs, target }: PruneContext, count: number): Goal {
  if ("sparsity" in target) {
    const wanted = Math.round(target.sparsity * count);
    return {
      isMet: (_, blocks) => blocks >= wanted,
      unreachable: (_, blocks) => errorTooFew(wanted, blocks),
    };
  }
  if ("latency" in target) throw errorNoLatency("layer");
  const { budget, ratio } = target;
  const share = (removal: Removal): number =>
    costModel(withEdits(analysis, removal)).original[budget] / costs.original[budget];
  return {
    isMet: (removal) => share(removal) <= ratio + 1e-9,
    unreachable: (removal) =>
      errorTargetUnreachable(budget, ratio, share(removal), `All ${count} removable blocks have left by then.`),
  };
}
