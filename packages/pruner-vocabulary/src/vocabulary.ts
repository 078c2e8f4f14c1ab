import { type Analysis, type ChannelGroup, errorNothingToPrune, type Pruner, type Vocabulary } from "@prune/core";
import { errorBadToken, errorNoTokens, errorTokenRange, errorTokenTwice } from "./errors.ts";

export interface VocabularyOptions {
  /** Ids of the tokens that stay, in any order, each once. */
  readonly keep: Iterable<number>;
}

/**
 * Keeps some tokens of a language model: their rows of the table that ids look up, and their columns of the scores; one
 * tensor where these are tied. The tokens that stay are counted anew, in the order of their old ids; plan and report
 * list the old id of each. For texts of tokens that stay, scores of tokens that stay are what they were.
 * Source: Abdaoui, Pradel and Sigel 2020, "Load What You Need", arXiv:2010.05609.
 * @throws {PruneError} `bad-option` for a list that is empty, has an id twice, or one that the model does not have;
 * `nothing-to-prune` where no vocabulary can be cut, or all of it stays
 */
export function vocabulary({ keep }: VocabularyOptions): Pruner {
  const ids = Array.from(keep).toSorted((a, b) => a - b);
  if (!ids.length) throw errorNoTokens();
  for (const [i, id] of ids.entries()) {
    if (!(Number.isInteger(id) && id >= 0)) throw errorBadToken(id);
    if (id === ids[i - 1]) throw errorTokenTwice(id);
  }
  return {
    name: "vocabulary",
    untargeted: true,
    frees: { vocabulary: true },
    decide({ analysis }) {
      const { input, size } = vocabularyIn(analysis);
      if (ids.at(-1)! >= size) throw errorTokenRange(ids.at(-1)!, size);
      const removed = new Map(tablesIn(analysis).map((group) => [group, removedFrom(group, new Set(ids))]));
      const summary = `${ids.length} of ${size} tokens stay, counted anew from 0 in the order of their ids: "${input}" takes the new ones.`; // prettier-ignore
      return Promise.resolve({ removed, lossless: true, notes: { tokens: { input, kept: ids }, summary: [summary] } });
    },
  };
}

function vocabularyIn({ space: { vocabulary: found } }: Analysis): Vocabulary {
  if (typeof found === "object") return found;
  throw errorNothingToPrune(found ?? "no integers of an input look up the rows of a table");
}

/** The table of tokens, and the layer that scores them where that is another tensor. */
function tablesIn({ groups }: Analysis): ChannelGroup[] {
  const tables = groups.filter((group) => group.kind === "tokens");
  const blocked = tables.find((group) => group.blocked);
  if (blocked) throw errorNothingToPrune(`the vocabulary in "${blocked.id}" ${blocked.blocked!.reason}`);
  return tables;
}

/** Units that leave: those of rows that are not listed. */
function removedFrom({ size, members: [first] }: ChannelGroup, keep: ReadonlySet<number>): Uint8Array {
  const gone = new Uint8Array(size).fill(1);
  for (const id of keep) gone[first!.unitOf(id)] = 0;
  return gone;
}
