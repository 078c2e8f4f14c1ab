import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Attempt, Job, JobChange, JobEnd, JobQueue, WorkOptions } from "@prune/sweep";
import { runSweep } from "@prune/sweep";
import { Redis as Client } from "ioredis";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { bullmqQueue } from "../src/bullmq-queue.ts";
import { redisServer, type Redis, startRedis, WITHOUT_REDIS } from "./redis.ts";

if (redisServer === undefined) console.warn(WITHOUT_REDIS);

const jobs = (count: number): Job[] =>
  Array.from({ length: count }, (_, i) => ({
    // One that is all digits is no other than the rest.
    id: i === 0 ? "1234567890123456" : `a${i}`,
    name: `job ${i}`,
    settings: { i },
    identity: { i },
  }));

const square = ({ settings }: Job): Promise<Attempt<number>> =>
  Promise.resolve({ result: (settings["i"] as number) ** 2 });

describe.skipIf(redisServer === undefined)("a queue in Redis", { timeout: 60_000 }, () => {
  let redis: Redis;
  const open: { close(): Promise<void> }[] = [];
  beforeAll(async () => {
    redis = await startRedis(redisServer!);
  });
  afterAll(() => redis.stop());
  afterEach(async () => {
    for (const queue of open.splice(0)) await queue.close();
  });

  async function queueOf(name: string, lease = 30_000): Promise<JobQueue<number>> {
    const queue = await bullmqQueue<number>({ url: redis.url, name, lease });
    open.push(queue);
    return queue;
  }

  /** A worker, and what ends it. */
  async function worker(
    name: string,
    perform: WorkOptions<number>["perform"],
    options: Partial<WorkOptions<number>> & { readonly lease?: number } = {},
  ): Promise<{ end: () => Promise<void>; ended: Promise<void> }> {
    const stop = { aborted: false };
    const queue = await queueOf(name, options.lease);
    const ended = queue.work({ where: "here", concurrency: 1, retries: 2, perform, ...options, stop });
    return {
      ended,
      end: () => {
        stop.aborted = true;
        return ended;
      },
    };
  }

  /** The entries of jobs that a queue holds. */
  const keysIn = async (name: string): Promise<string[]> => {
    const client = new Client(redis.url);
    try {
      return (await client.keys(`bull:prune-${name}:*`)).filter((key) => /:job-/.test(key));
    } finally {
      client.disconnect();
    }
  };

  test("does every job once, tells where, and leaves no job behind", async () => {
    const workers = await Promise.all([
      worker("all", square, { where: "one" }),
      worker("all", square, { where: "two" }),
    ]);
    const engine = await queueOf("all");
    expect(await engine.workers()).toBe(2);
    const ends = await runSweep(jobs(10), { engine });
    expect([...ends.values()].map((end) => end.state === "done" && [end.job.name, end.result, end.tries]).sort()).toEqual(
      jobs(10).map(({ name }, i) => [name, i * i, 1]).sort(),
    ); // prettier-ignore
    for (const end of ends.values()) expect(["one", "two"]).toContain(end.state === "done" && end.where);
    expect(await keysIn("all")).toEqual([]);
    await Promise.all(workers.map(({ end }) => end()));
  });

  test("tries again what failed, not what would fail again, and says why", async () => {
    const tried: string[] = [];
    const failing = ({ name }: Job): Promise<Attempt<number>> => {
      tried.push(name);
      if (name === "job 0") return Promise.resolve({ failure: { reason: "cannot be", isFinal: true } });
      const isFirst = tried.filter((n) => n === name).length === 1;
      return Promise.resolve(name === "job 1" && !isFirst ? { result: 7 } : { failure: { reason: "disk full", isFinal: false } }); // prettier-ignore
    };
    const { end } = await worker("failing", failing);
    const changes: JobChange[] = [];
    const ends = await runSweep(jobs(3), { engine: await queueOf("failing"), retries: 1, onChange: (c) => changes.push(c) }); // prettier-ignore
    expect(tried.sort()).toEqual(["job 0", "job 1", "job 1", "job 2", "job 2"]);
    const told = ([id, end]: [string, JobEnd<number>]): unknown => [id, end.state === "done" ? end.result : end.reason, end.tries]; // prettier-ignore
    expect([...ends].map(told).sort()).toEqual([
      ["1234567890123456", "cannot be", 1],
      ["a1", 7, 2],
      ["a2", "disk full", 2],
    ]);
    expect(changes.filter(({ state }) => state === "again")).toContainEqual({ job: jobs(2)[1], state: "again", reason: "disk full" }); // prettier-ignore
    await end();
  });

  /** A worker in a process of its own takes a job and is killed before it has done it. @returns which */
  async function takenAndLost(name: string): Promise<string> {
    const code = `import { Worker } from "bullmq"; import { Redis } from "ioredis";
      const connection = new Redis(${JSON.stringify(redis.url)}, { maxRetriesPerRequest: null });
      new Worker("prune-${name}", (entry) => { console.log(entry.data.name); return new Promise(() => {}); }, { connection, lockDuration: 500, stalledInterval: 250 });`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", code], {
      cwd: fileURLToPath(new URL("..", import.meta.url)),
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [said] = (await once(child.stdout, "data")) as [Buffer];
    child.kill("SIGKILL");
    return said.toString().trim();
  }

  test("gives a lost worker's job to another", async () => {
    const changes: JobChange[] = [];
    const ends = runSweep(jobs(4), { engine: await queueOf("lost"), onChange: (c) => changes.push(c) });
    const taken = await takenAndLost("lost");
    const { end } = await worker("lost", square, { lease: 500 });
    const all = [...(await ends).values()];
    expect(all.map((e) => e.state === "done" && e.result).sort()).toEqual([0, 1, 4, 9]);
    const which = all.find(({ job }) => job.name === taken)!;
    expect(which).toMatchObject({ where: "here", tries: 2 });
    expect(changes).toContainEqual({ job: which.job, state: "again", reason: "the worker that had it was lost" });
    await end();
  });

  test("gives up a job that loses worker after worker", async () => {
    const ends = runSweep(jobs(1), { engine: await queueOf("deadly") });
    await takenAndLost("deadly");
    const { end } = await worker("deadly", square, { lease: 500, retries: 0 });
    expect([...(await ends).values()]).toMatchObject([{ state: "failed", reason: "the workers that had it were lost, 1 in a row" }]); // prettier-ignore
    await end();
  });

  test("finds again what was done when whoever handed it in was lost; takes out what that left and nobody wants", async () => {
    const first = await queueOf("again");
    const begun: string[] = [];
    const one = await worker("again", (job) => (begun.push(job.name), square(job)));
    const stop = { aborted: false };
    // Stopped as it would be lost: after one job, with the other two waiting.
    const stopped = runSweep(jobs(1), { engine: first, stop });
    await stopped;
    const left = first.run(jobs(3), { retries: 0, stop, onEnd: () => Promise.reject(new Error("lost")) });
    await expect(left).rejects.toThrow("lost");
    await one.end();
    expect((await keysIn("again")).length).toBeGreaterThan(0);
    begun.length = 0;
    const two = await worker("again", (job) => (begun.push(job.name), square(job)));
    const ends = await runSweep(jobs(2), { engine: await queueOf("again") });
    expect([...ends.values()].map((e) => e.state === "done" && e.result)).toEqual([0, 1]);
    await two.end();
    expect(begun).not.toContain("job 2");
  });

  test("after a stop, takes back what nobody has begun, and waits for what somebody has", async () => {
    const stop = { aborted: false };
    const slow = async (job: Job): Promise<Attempt<number>> => {
      stop.aborted = true;
      await sleep(800);
      return square(job);
    };
    const { end } = await worker("stopped", slow);
    const ends = await runSweep(jobs(5), { engine: await queueOf("stopped"), stop });
    expect([...ends.values()]).toMatchObject([{ state: "done", result: 0 }]);
    await end();
    // The result stays, for the next time.
    expect(await keysIn("stopped")).toHaveLength(1);
  });

  test("a worker that is not up to a job gives it back and ends; another does it", async () => {
    const refusing = await worker("mixed", () => Promise.reject(new Error("another file here")));
    const ends = runSweep(jobs(2), { engine: await queueOf("mixed") });
    await expect(refusing.ended).rejects.toThrow("another file here");
    const { end } = await worker("mixed", square);
    expect([...(await ends).values()]).toMatchObject([{ result: 0 }, { result: 1 }]);
    await end();
  });

  test("two sweeps of one name do not wait for each other for ever", async () => {
    const first = runSweep(jobs(2), { engine: await queueOf("same") });
    await sleep(500);
    const other = jobs(3).slice(2);
    const second = runSweep(other, { engine: await queueOf("same") });
    await sleep(500);
    const { end } = await worker("same", square);
    expect([...(await second).values()]).toMatchObject([{ result: 4 }]);
    for (const e of (await first).values()) expect(e).toMatchObject({ state: "failed", reason: expect.stringContaining("another sweep of the same name") as string }); // prettier-ignore
    await end();
  });
});

test("says where no server answers, without the password", async () => {
  const url = "redis://me:secret@127.0.0.1:1";
  await expect(bullmqQueue({ url, name: "none" })).rejects.toMatchObject({
    code: "io-failed",
    message:
      "redis://127.0.0.1:1: no Redis or Valkey answers there: connect ECONNREFUSED 127.0.0.1:1. Start one, or correct the address.",
  });
});
