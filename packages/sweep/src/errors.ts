import { PruneError } from "@prune/core";

export const errorNoGrid = (): PruneError =>
  new PruneError("bad-option", "A sweep has a grid: a list of values for each setting that varies. It has none.");

export const errorNoValues = (setting: string): PruneError =>
  new PruneError("bad-option", `The grid has no values for "${setting}": give a list of them, or leave it out.`);

export const errorValueKind = (setting: string): PruneError =>
  new PruneError(
    "bad-option",
    `The grid's values for "${setting}" must be JSON, so that jobs can be told apart and travel. Put functions and plug-ins that are objects beside the grid.`,
  );

export const errorIdentityKind = (): PruneError =>
  new PruneError("bad-option", "What a job is told apart by must be JSON; it holds a function, a class or NaN.");
