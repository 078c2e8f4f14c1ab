import {
  type Budget,
  type Model,
  prune,
  pruneGradually,
  type PruneOptions,
  type PruneResult,
  pruneWithin,
} from "@prune/core";
import type { RunFlags } from "../commands/run.ts";
import { errorCheckpointNeedsJournal, errorDropNeedsEval, errorFlagOfDrop, errorFlagOfType } from "../errors.ts";
import type { Io } from "../io.ts";
import { openCheckpoints } from "../lib/checkpoint-file.ts";
import { flagOf } from "../lib/format.ts";
import { openJournal } from "../lib/journal.ts";
import type { Progress } from "../lib/progress.ts";
import type { TypeFlag } from "../registry.ts";
import { identityOf } from "./identity.ts";
import type { Judge } from "./judge.ts";
import type { Gradual } from "./schedule.ts";

/** How a model is pruned: at once, in steps, or as far as a search finds that it goes. */
export interface Asked {
  readonly flags: RunFlags;
  readonly io: Io;
  readonly progress: Progress;
  /** Undefined: in one step. */
  readonly gradual: Gradual | undefined;
  /** What a search makes small; undefined: how much is to be left is said. */
  readonly budget: Budget | undefined;
  /** Whether a step of recovery trains. */
  readonly trains: boolean;
  readonly judge: Judge | undefined;
}

/** What a search makes small. Refuses flags of a search where there is none. */
export function searchedBudget(flags: RunFlags, takes: readonly TypeFlag[]): Budget | undefined {
  const { type = "neuron", maxDrop, search, journal, checkpoint } = flags;
  if (maxDrop === undefined) {
    if (search !== undefined) throw errorFlagOfDrop("--search");
    if (journal !== undefined) throw errorFlagOfDrop("--journal", " Training goes on from a --checkpoint.");
    return undefined;
  }
  if (!takes.includes("target")) throw errorFlagOfType("--max-drop", type, takes.map(flagOf));
  if (flags.eval === undefined) throw errorDropNeedsEval();
  if (checkpoint !== undefined && journal === undefined) throw errorCheckpointNeedsJournal();
  return search ?? (type === "connection" ? "params" : "macs");
}

/** Prunes, so that it can be interrupted, with something to show for it, and can go on from there. */
export async function pruneAsAsked(model: Model, given: PruneOptions, asked: Asked): Promise<PruneResult> {
  const { flags, progress, gradual, budget, trains } = asked;
  const { journal, checkpoint } = flags;
  const { interruption } = asked.io;
  const heedInterruption = (): void => interruption?.begin(() => progress.note(INTERRUPTED));
  const identity = journal === undefined && checkpoint === undefined ? {} : await identityOf("run", model, flags);
  const options: PruneOptions = {
    ...given,
    ...(interruption ? { signal: interruption.signal } : {}),
    ...(checkpoint === undefined ? {} : { checkpoints: await openCheckpoints(checkpoint, identity) }),
    onStage: (stage) => {
      if (stage === "recover" && trains) heedInterruption();
      else if (!budget) interruption?.end();
      progress.show(stage);
    },
    onProgress: (text, fraction) => progress.show(`${text} (${Math.round(fraction * 100)} %)`),
  };
  try {
    if (!budget) return await (gradual ? pruneGradually(model, { ...options, ...gradual }) : prune(model, options));
    return await pruneWithin(model, {
      ...options,
      ...gradual,
      evaluate: asked.judge!.worth,
      maxDrop: flags.maxDrop!,
      budget,
      ...(journal === undefined ? {} : { journal: await openJournal(journal, identity) }),
      onTry: (ratio, number) => {
        heedInterruption();
        progress.about = `try ${number}, ${budget}=${ratio}: `;
      },
    });
  } finally {
    interruption?.end();
    progress.about = "";
  }
}

const INTERRUPTED = "interrupted, finishing with the best so far; a second time stops at once";
