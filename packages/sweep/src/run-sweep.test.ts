import type { Journal } from "@prune/core";
import { expect, test } from "vitest";
import type { Attempt, JobChange, JobEnd } from "./engine.ts";
import type { Job } from "./job.ts";
import { createPool, type Pool, poolEngine } from "./pool.ts";
import { runSweep } from "./run-sweep.ts";

const jobs = (count: number): Job[] =>
  Array.from({ length: count }, (_, i) => ({ id: `j${i}`, name: `job ${i}`, settings: { i }, identity: { i } }));

const numberOf = ({ settings }: Job): number => settings["i"] as number;

/** A pool whose runners do what a function says; a runner breaks down when that rejects. */
function poolOf(
  size: number,
  run: (job: Job) => Promise<Attempt<number>>,
): { pool: Pool<number>; started: number[]; closed: number[] } {
  const [started, closed]: [number[], number[]] = [[], []];
  const pool = createPool<number>(size, (slot) => {
    started.push(slot);
    return { where: `slot ${slot}`, run, close: () => Promise.resolve(void closed.push(slot)) };
  });
  return { pool, started, closed };
}

const squared = (job: Job): Promise<Attempt<number>> => Promise.resolve({ result: numberOf(job) ** 2 });

/** A journal in memory. */
function memory(known: Record<string, unknown> = {}): Journal & { readonly known: Record<string, unknown> } {
  return { known, get: (name) => known[name], add: (name, value) => Promise.resolve(void (known[name] = value)) };
}

const resultsOf = (ends: ReadonlyMap<string, JobEnd<number>>): unknown[] =>
  [...ends.values()].map((end) => [end.job.id, end.state === "done" ? end.result : end.reason, end.tries]);

test("runs all jobs, at most as many at once as there are runners, and ends the runners", async () => {
  let [atOnce, most] = [0, 0];
  const { pool, started, closed } = poolOf(3, async (job) => {
    most = Math.max(most, ++atOnce);
    await new Promise((resolve) => setTimeout(resolve, 2));
    atOnce--;
    return squared(job);
  });
  const ends = await runSweep(jobs(10), { engine: poolEngine(pool) });
  await pool.close();
  expect(most).toBe(3);
  expect(resultsOf(ends).sort()).toEqual(jobs(10).map((job, i) => [job.id, i * i, 1]));
  expect([started.sort(), closed.sort()]).toEqual([[0, 1, 2], [0, 1, 2]]); // prettier-ignore
});

test("tries again what failed or broke its runner, but not what must fail; one failure is no other's", async () => {
  const tries = new Map<string, number>();
  const { pool, started } = poolOf(1, (job) => {
    const n = (tries.get(job.id) ?? 0) + 1;
    tries.set(job.id, n);
    if (job.id === "j0")
      return Promise.resolve(n < 3 ? { failure: { reason: "busy", isFinal: false } } : { result: 7 });
    if (job.id === "j1") return n < 2 ? Promise.reject(new Error("out of memory")) : squared(job);
    if (job.id === "j2") return Promise.resolve({ failure: { reason: "no such scorer", isFinal: true } });
    if (job.id === "j3") return Promise.resolve({ failure: { reason: "busy", isFinal: false } });
    return squared(job);
  });
  const changes: JobChange[] = [];
  const ends = await runSweep(jobs(5), {
    engine: poolEngine(pool),
    retries: 2,
    onChange: (change) => changes.push(change),
  });
  expect(resultsOf(ends)).toEqual([
    ["j0", 7, 3],
    ["j1", 1, 2],
    ["j2", "no such scorer", 1],
    ["j3", "busy", 3],
    ["j4", 16, 1],
  ]);
  expect(started).toEqual([0, 0]); // another in place of the one that broke
  const again = changes.flatMap((c) => (c.state === "again" ? [[c.job.id, c.reason]] : []));
  expect(again).toContainEqual(["j1", "slot 0 broke down: out of memory"]);
  expect(again).toHaveLength(5);
});

test("a runner that cannot be started fails the try, and its slot stays usable", async () => {
  let count = 0;
  const pool = createPool<number>(1, () => {
    if (count++ === 0) throw new Error("no threads left");
    return { where: "slot", run: squared, close: () => Promise.resolve() };
  });
  expect(resultsOf(await runSweep(jobs(2), { engine: poolEngine(pool), retries: 1 }))).toEqual([["j0", 0, 2], ["j1", 1, 1]]); // prettier-ignore
});

test("results go into the journal before they are told; what it knows is not run again, failures are", async () => {
  const journal = memory();
  const ran: string[] = [];
  const engine = poolEngine(poolOf(2, (job) => (ran.push(job.id), numberOf(job) === 1 && ran.length < 5 ? Promise.resolve({ failure: { reason: "odd", isFinal: true } }) : squared(job))).pool); // prettier-ignore
  const first = await runSweep(jobs(3), { engine, journal, onEnd: ({ job, state }) => expect(state === "failed" || job.id in journal.known).toBe(true) }); // prettier-ignore
  expect(Object.keys(journal.known).sort()).toEqual(["j0", "j2"]);
  ran.length = 5;
  const told: string[] = [];
  // A grid that has grown.
  const second = await runSweep(jobs(4), { engine, journal, onEnd: ({ job }) => told.push(job.id) });
  expect(ran.slice(5).sort()).toEqual(["j1", "j3"]);
  expect(told.slice(0, 2)).toEqual(["j0", "j2"]);
  expect(second.get("j0")).toEqual(first.get("j0"));
  expect(resultsOf(second).map((r) => (r as unknown[])[1]).sort()).toEqual([0, 1, 4, 9]); // prettier-ignore
});

test("a journal that cannot be written ends the sweep: nothing is begun any more", async () => {
  const ran: string[] = [];
  const { pool } = poolOf(2, (job) => (ran.push(job.id), squared(job)));
  const journal = { get: () => undefined, add: () => Promise.reject(new Error("disk full")) };
  await expect(runSweep(jobs(20), { engine: poolEngine(pool), journal })).rejects.toThrow("disk full");
  await pool.close();
  expect(ran.length).toBeLessThanOrEqual(4);
});

test("after a stop no job begins; those under way are finished, and not tried again", async () => {
  const stop = { aborted: false };
  const { pool } = poolOf(2, async (job) => {
    await new Promise((resolve) => setTimeout(resolve, 5));
    stop.aborted = true;
    return numberOf(job) === 0 ? { failure: { reason: "busy", isFinal: false } } : squared(job);
  });
  const ends = await runSweep(jobs(6), { engine: poolEngine(pool), stop });
  expect(resultsOf(ends).sort()).toEqual([["j0", "busy", 1], ["j1", 1, 1]]); // prettier-ignore
});
