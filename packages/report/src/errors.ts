import { PruneError } from "@prune/core";

export const errorBadReport = (where: string, why: string, cause?: unknown): PruneError =>
  new PruneError(
    "bad-data",
    `${where}: ${why}. Give a report that prune run, apply, compare, sensitivity or sweep wrote with --report FILE.json.`,
    { cause },
  );
