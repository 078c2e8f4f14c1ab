import { readFile } from "node:fs/promises";
import { PruneError } from "@prune/core";

/**
 * Reads a list of token ids: one per line; empty lines do not count.
 * @throws {PruneError} `bad-data`, `io-failed`
 */
export async function readTokenList(path: string): Promise<number[]> {
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    throw new PruneError("io-failed", `${path}: cannot be read: ${cause instanceof Error ? cause.message : String(cause)}.`, { cause }); // prettier-ignore
  });
  const ids = text.split(/\r?\n/).flatMap((line, i): number[] => {
    const word = line.trim();
    if (!word) return [];
    if (!/^\d+$/.test(word)) throw new PruneError("bad-data", `${path}, line ${i + 1}: "${word}" is no token id; a list has one whole number per line.`); // prettier-ignore
    return [Number(word)];
  });
  if (!ids.length) throw new PruneError("bad-data", `${path} lists no token: it has one token id per line.`);
  return ids;
}

/** The list of the tokens that a model was left with: line n, from 0, holds the old id of token n. */
export const tokenListText = (kept: readonly number[]): string => kept.map((id) => `${id}\n`).join("");

/** Where that list goes: beside the model. */
export const tokenListPath = (output: string): string => `${output.replace(/\.[^./\\]+$/, "")}.tokens.txt`;
