import { PruneError } from "@prune/core";
import type { FullReport } from "@prune/report";
import type { JobQueue } from "@prune/sweep";
import { errorQueueAddress, firstLine } from "../../errors.ts";

/** The queue at an address, which only those who have one install what it takes for. */
export async function queueAt(url: string, name: string, note: (text: string) => void): Promise<JobQueue<FullReport>> {
  if (!/^(redis|valkey)s?:\/\//.test(url)) throw errorQueueAddress(url);
  const { bullmqQueue } = await import("@prune/sweep-bullmq").catch((cause: unknown) => {
    throw new PruneError(
      "missing-dependency",
      `--queue needs @prune/sweep-bullmq, which could not be loaded: ${firstLine(cause)}. npm install @prune/sweep-bullmq`,
      { cause },
    );
  });
  let isTold = false;
  return bullmqQueue<FullReport>({
    url,
    name,
    lease: LEASE,
    onLost: (why) => {
      if (!isTold) note(`the queue does not answer (${why}); trying again until it does`);
      isTold = true;
    },
  });
}

/** Jobs run in threads, so that a worker that lives is never late. */
const LEASE = 10_000;
