import { setTimeout as sleep } from "node:timers/promises";
import type { EngineOptions, Job } from "@prune/sweep";
import { type Job as Entry, Queue, QueueEvents } from "bullmq";
import type { Redis } from "ioredis";

/** How often is looked whether to stop, in milliseconds. */
const GLANCE = 200;
/** After this many glances every job is looked at, should a message have been lost. */
const ROUND = 50;

/** What a job's entry holds once it is done: BullMQ takes zero and other values that are falsy for none. */
export interface Returned<R> {
  readonly result: R;
}

/** BullMQ takes no ids that are all digits. */
const entryId = (id: string): string => `job-${id}`;

/** Hands jobs in and waits until workers have done them. */
export async function handIn<R>(
  { name, connection }: { readonly name: string; readonly connection: Redis },
  jobs: readonly Job[],
  { retries, stop, onChange, onEnd }: EngineOptions<R>,
): Promise<void> {
  if (!jobs.length) return;
  const open = new Map(jobs.map((job) => [entryId(job.id), job]));
  const queue = new Queue<Job, Returned<R>>(name, { connection });
  const events = new QueueEvents(name, { connection });
  const failures: unknown[] = [];
  const fail = (error: unknown): void => void failures.push(error);
  // The connection has told of what happens to it.
  queue.on("error", () => undefined);
  events.on("error", () => undefined);

  /** Looks at a job, and settles it if it has ended. */
  const look = async (id: string): Promise<void> => {
    const job = open.get(id);
    if (!job) return;
    // The state first: an entry that was read before its job ended would not say how.
    const state = await queue.getJobState(id);
    const entry = await queue.getJob(id);
    if (entry && state === "active") onChange?.({ job, state: "running", where: entry.processedBy ?? "a worker" });
    if (entry && state !== "completed" && state !== "failed" && state !== "unknown") return;
    open.delete(id);
    await onEnd(
      entry && state === "completed"
        ? {
            job,
            state: "done",
            result: entry.returnvalue.result,
            where: entry.processedBy ?? "a worker",
            tries: triesOf(entry),
          }
        : { job, state: "failed", reason: entry ? reasonOf(entry) : TAKEN_OUT, tries: entry ? triesOf(entry) : 0 },
    );
  };
  // One look after the other, so that nothing is told twice.
  let looks: Promise<unknown> = Promise.resolve();
  const lookSoon = (id: string): void => void (looks = looks.then(() => look(id)).catch(fail));
  const again = (id: string, reason: string): void => {
    const job = open.get(id);
    if (job) onChange?.({ job, state: "again", reason });
  };
  for (const what of ["active", "completed", "failed", "removed"] as const) events.on(what, ({ jobId }: { readonly jobId: string }) => lookSoon(jobId)); // prettier-ignore
  events.on("stalled", ({ jobId }) => again(jobId, LOST));
  events.on("waiting", ({ jobId, prev }) => {
    if (prev === "active")
      void queue.getJob(jobId).then((entry) => again(jobId, entry?.failedReason ?? GIVEN_BACK), fail);
  });

  try {
    await events.waitUntilReady();
    await clear(queue, open);
    const options = { attempts: retries + 1, removeOnComplete: false, removeOnFail: false, stackTraceLimit: 1 };
    await queue.addBulk(
      jobs.map((job) => ({ name: job.name, data: job, opts: { ...options, jobId: entryId(job.id) } })),
    );
    let isStopped = false;
    for (let glance = 0; open.size && !failures.length; glance++) {
      if (glance % ROUND === 0) for (const id of open.keys()) lookSoon(id);
      if (stop?.aborted && !isStopped) {
        isStopped = true;
        await takeBack(queue, open);
      }
      await sleep(GLANCE);
    }
    await looks;
    if (failures.length) throw failures[0];
    // What is done stays there for the next time if there is to be one.
    if (!isStopped) await Promise.all(jobs.map(({ id }) => queue.remove(entryId(id))));
  } finally {
    await events.close();
    await queue.close();
  }
}

const LOST = "the worker that had it was lost";
const GIVEN_BACK = "the worker that had it gave it back";
const TAKEN_OUT =
  "it is no longer in the queue: another sweep of the same name has taken it out. Give one of them another name.";

/** Makes way: what failed an earlier time, and what an earlier sweep of this name left waiting. */
async function clear<R>(queue: Queue<Job, Returned<R>>, wanted: ReadonlyMap<string, Job>): Promise<void> {
  const [failed, waiting] = [await queue.getJobs(["failed"]), await queue.getJobs(["waiting", "delayed"])];
  const odd = [...failed, ...waiting.filter(({ id }) => !wanted.has(id ?? ""))];
  await Promise.all(odd.map(({ id }) => queue.remove(id ?? "")));
}

/** Takes the jobs out that nobody has begun. */
async function takeBack<R>(queue: Queue<Job, Returned<R>>, open: Map<string, Job>): Promise<void> {
  for (const id of Array.from(open.keys())) {
    const job = open.get(id);
    const state = await queue.getJobState(id);
    if (!job || (state !== "waiting" && state !== "delayed")) continue;
    open.delete(id); // first, since its removal is no news
    if (!(await queue.remove(id))) open.set(id, job);
  }
}

const triesOf = ({ attemptsStarted }: Pick<Entry, "attemptsStarted">): number => Math.max(1, attemptsStarted);

function reasonOf({ failedReason, stalledCounter }: Pick<Entry, "failedReason" | "stalledCounter">): string {
  return failedReason.startsWith("job stalled") ? `the workers that had it were lost, ${stalledCounter} in a row` : failedReason; // prettier-ignore
}
