import { PruneError } from "@prune/core";

export const errorNoTokens = (): PruneError =>
  new PruneError("bad-option", "Option keep lists no token. Give the id of every token that is to stay.");

export const errorBadToken = (id: number): PruneError =>
  new PruneError("bad-option", `Option keep lists ${id}, which is no token id: ids are whole numbers from 0.`);

export const errorTokenTwice = (id: number): PruneError =>
  new PruneError("bad-option", `Option keep lists token ${id} twice. List every token once.`);

export const errorTokenRange = (id: number, size: number): PruneError =>
  new PruneError(
    "bad-option",
    `Option keep lists token ${id}; the model's vocabulary has ${size} tokens, from 0 to ${size - 1}. Is the list for another model?`,
  );
