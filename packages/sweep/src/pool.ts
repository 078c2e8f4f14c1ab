import type { Attempt, Engine, EngineOptions } from "./engine.ts";
import type { Job } from "./job.ts";

/** Does one job at a time, such as a thread. */
export interface Runner<R> {
  readonly where: string;
  /** Tries a job. Rejects when the runner itself broke; it is not used again then. */
  run(job: Job): Promise<Attempt<R>>;
  close(): Promise<void>;
}

/** Some runners, each started when it is first needed. */
export interface Pool<R> {
  readonly size: number;
  /**
   * Tries a job as soon as a runner is free. A runner that breaks makes the try fail, and another takes its place.
   * @param onStart hears where
   */
  run(job: Job, onStart?: (where: string) => void): Promise<Attempt<R> & { readonly where: string }>;
  /** Lets the runners finish what they are at, and ends them. */
  close(): Promise<void>;
}

/** @param start makes the runner of a slot, from 0 */
export function createPool<R>(size: number, start: (slot: number) => Runner<R>): Pool<R> {
  const runners = new Map<number, Runner<R>>();
  const free = Array.from({ length: size }, (_, slot) => slot);
  const waiting: ((slot: number) => void)[] = [];
  const underWay = new Set<Promise<unknown>>();
  const take = (): Promise<number> => {
    const slot = free.shift();
    return slot === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(slot);
  };
  const giveBack = (slot: number): void => {
    const next = waiting.shift();
    if (next) next(slot);
    else free.unshift(slot);
  };
  const run = async (job: Job, onStart?: (where: string) => void): Promise<Attempt<R> & { where: string }> => {
    const slot = await take();
    let where = `runner ${slot + 1}`;
    try {
      const runner = runners.get(slot) ?? start(slot);
      runners.set(slot, runner);
      ({ where } = runner);
      onStart?.(where);
      return { ...(await runner.run(job)), where };
    } catch (error) {
      runners.delete(slot);
      return { failure: { reason: `${where} broke down: ${textOf(error)}`, isFinal: false }, where };
    } finally {
      giveBack(slot);
    }
  };
  return {
    size,
    run(job, onStart) {
      const attempt = run(job, onStart);
      underWay.add(attempt);
      void attempt.finally(() => underWay.delete(attempt));
      return attempt;
    },
    async close() {
      await Promise.all(underWay);
      await Promise.all([...runners.values()].map((runner) => runner.close()));
      runners.clear();
    },
  };
}

/** Runs jobs in a pool, as many at once as it has runners, in their order. */
export function poolEngine<R>(pool: Pool<R>): Engine<R> {
  return {
    async run(jobs, options) {
      const left = [...jobs];
      const state = { isOver: false };
      const work = async (): Promise<void> => {
        for (let job = left.shift(); job && !state.isOver && !options.stop?.aborted; job = left.shift())
          await runOne(pool, job, options);
      };
      try {
        await Promise.all(Array.from({ length: pool.size }, work));
      } finally {
        state.isOver = true;
      }
    },
  };
}

async function runOne<R>(pool: Pool<R>, job: Job, options: EngineOptions<R>): Promise<void> {
  const { retries, stop, onChange, onEnd } = options;
  for (let tries = 1; ; tries++) {
    const attempt = await pool.run(job, (where) => onChange?.({ job, state: "running", where }));
    if ("result" in attempt) return onEnd({ job, state: "done", result: attempt.result, where: attempt.where, tries });
    const { reason, isFinal } = attempt.failure;
    if (isFinal || tries > retries || stop?.aborted) return onEnd({ job, state: "failed", reason, tries });
    onChange?.({ job, state: "again", reason });
  }
}

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
