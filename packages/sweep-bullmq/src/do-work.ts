import { setTimeout as sleep } from "node:timers/promises";
import type { Attempt, Job, WorkOptions } from "@prune/sweep";
import { UnrecoverableError, WaitingError, Worker } from "bullmq";
import type { Redis } from "ioredis";
import type { Returned } from "./hand-in.ts";

/** How often is looked whether to stop, in milliseconds. */
const GLANCE = 200;

/** Takes jobs and does them. */
export async function doWork<R>(
  { name, connection, lease }: { readonly name: string; readonly connection: Redis; readonly lease: number },
  { where, concurrency, retries, stop, perform, onChange, onEnd }: WorkOptions<R>,
): Promise<void> {
  const failures: unknown[] = [];
  const worker = new Worker<Job, Returned<R>>(
    name,
    async (entry, token) => {
      const job = entry.data;
      onChange?.({ job, state: "running", where });
      let attempt: Attempt<R>;
      try {
        attempt = await perform(job);
      } catch (error) {
        failures.push(error);
        await worker.pause(true); // or it would take the same job again
        await entry.moveToWait(token);
        throw new WaitingError();
      }
      const tries = Math.max(1, entry.attemptsStarted);
      if ("result" in attempt) {
        onEnd?.({ job, state: "done", result: attempt.result, where, tries });
        return { result: attempt.result };
      }
      const { reason, isFinal } = attempt.failure;
      const isOver = isFinal || entry.attemptsMade + 1 >= (entry.opts.attempts ?? 1);
      if (isOver) onEnd?.({ job, state: "failed", reason, tries });
      else onChange?.({ job, state: "again", reason });
      throw isFinal ? new UnrecoverableError(reason) : new Error(reason);
    },
    {
      connection,
      name: where,
      concurrency,
      lockDuration: lease,
      stalledInterval: lease / 2,
      maxStalledCount: retries,
    },
  );
  worker.on("error", () => undefined); // the connection has told
  try {
    while (!stop.aborted && !failures.length) await sleep(GLANCE);
  } finally {
    await worker.close();
  }
  if (failures.length) throw failures[0];
}
