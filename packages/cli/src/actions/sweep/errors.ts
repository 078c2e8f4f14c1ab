import { PruneError } from "@prune/core";
import { plural } from "../../lib/format.ts";

export const errorJobsFailed = (count: number, total: number, first: string): PruneError =>
  new PruneError("runtime-failed", `${count} of ${plural(total, "job")} failed; the first: ${first}`);

export const errorJobsLeft = (count: number, total: number, journal: string | undefined): PruneError =>
  new PruneError(
    "runtime-failed",
    `${count} of ${plural(total, "job")} were not run: the sweep was interrupted. ${journal === undefined ? "With --journal FILE, a sweep goes on where it was." : "The same command goes on with them."}`,
  );

export const errorOtherJob = (file: string, name: string, difference: string): PruneError =>
  new PruneError(
    "bad-data",
    `This machine would do something else as job "${name}" of ${file}; what differs: ${difference}. Use the same files, configuration and version on all machines.`,
  );
