import { PruneError } from "@prune/core";

export const errorTooFew = (wanted: number, removable: number): PruneError =>
  new PruneError(
    "target-unreachable",
    `${wanted} blocks were to leave, and only ${removable} can without cutting an input off from the outputs.`,
  );
