import { PruneError } from "@prune/core";

export const errorTwoThresholds = (): PruneError =>
  new PruneError("bad-option", "epsilon and percentile both say which weights become zero: give one of them.");
