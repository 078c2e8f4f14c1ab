import { PruneError } from "@prune/core";

export const errorBadRidge = (got: number): PruneError =>
  new PruneError("bad-option", `Option ridge must be a number above 0, got ${got}. The default is 1e-4.`);
