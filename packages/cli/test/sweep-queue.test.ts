import { mkdirSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { redisServer, type Redis, startRedis, WITHOUT_REDIS } from "../../sweep-bullmq/test/redis.ts";
import { prune, temporaryFolder } from "./command.ts";
import { writeLastImages } from "./images.ts";
import { type Running, start, until } from "./processes.ts";
import { journalOf, resultsOf, type SampleSweep, writeSweep } from "./sweep.ts";

if (redisServer === undefined) console.warn(WITHOUT_REDIS);

const at = temporaryFolder();

describe.skipIf(redisServer === undefined)("a sweep on workers, through Redis", { timeout: 240_000 }, () => {
  let redis: Redis;
  let sample: SampleSweep;
  const workers: Running[] = [];
  beforeAll(async () => {
    redis = await startRedis(redisServer!);
    sample = writeSweep(at);
  });
  afterAll(async () => {
    for (const { child } of workers) child.kill("SIGKILL");
    await redis.stop();
  });

  const worker = (): Running => {
    const running = start(["sweep", sample.config, "--worker", "--queue", redis.url, "--jobs", "1"]);
    workers.push(running);
    return running;
  };

  test("two workers, one of them killed in the middle: all 24 results are those of a local run", async () => {
    const local = start(["sweep", sample.config, "--journal", at("local.jsonl"), "--jobs", "1", "--quiet"]);
    expect([await local.ended, local.stderr()]).toEqual([0, ""]);
    const marked = sample.marks().length;

    const [one, two] = [worker(), worker()];
    const sweep = start(["sweep", sample.config, "--queue", redis.url, "--journal", at("queue.jsonl")]);
    // In the middle of its second job at least, while that waits.
    const isAtIt = (): boolean => sample.marks().slice(marked).filter((pid) => pid === one.child.pid).length >= 3; // prettier-ignore
    await until(isAtIt, sweep);
    one.child.kill("SIGKILL");
    expect(await one.ended).toBe("SIGKILL");
    expect(await sweep.ended, sweep.stderr()).toBe(0);

    const [expected, found] = [journalOf(at("local.jsonl")), journalOf(at("queue.jsonl"))];
    expect(found.size).toBe(24);
    expect(resultsOf(found)).toEqual(resultsOf(expected));
    // Both have done jobs, and the one that was lost in between was done by the other.
    const did = (running: Running): unknown[] => [...found.values()].filter(({ where }) => where.endsWith(` ${running.child.pid}`)); // prettier-ignore
    expect([did(one).length > 0, did(two).length > 0]).toEqual([true, true]);
    expect([...found.values()].filter(({ tries }) => tries > 1)).toMatchObject([{ tries: 2, where: expect.stringMatching(new RegExp(` ${two.child.pid}$`)) as string }]); // prettier-ignore
    expect(sweep.stderr()).toContain("once more, the worker that had it was lost");
    expect(sweep.stderr()).toContain("24 of 24");

    two.child.kill("SIGINT");
    expect(await two.ended, two.stderr()).toBe(0);
    expect(two.stderr()).toContain("interrupted, finishing the jobs under way");
  });

  test("a worker with another model refuses, and says what differs", async () => {
    const other = temporary("other");
    const refusing = start(["sweep", other.config, "--worker", "--queue", redis.url, "--jobs", "1"]);
    workers.push(refusing);
    const sweep = start(["sweep", sample.config, "--queue", redis.url]);
    expect(await refusing.ended).toBe(1);
    expect(refusing.stderr()).toMatch(/prune: This machine would do something else as job ".*" of \S+grid\.mjs; what differs: .*--calib \(SHA-256 \w{12}… there, SHA-256 \w{12}… here\).*\. Use the same files, configuration and version on all machines\.\n/); // prettier-ignore
    // Its job was given back, once: Ctrl-C takes all of them out.
    expect(sweep.stderr().match(/once more, the worker that had it gave it back/g)).toHaveLength(1);
    sweep.child.kill("SIGINT");
    expect(await sweep.ended).toBe(1);
    expect(sweep.stderr()).toContain("24 of 24 jobs were not run: the sweep was interrupted.");
  });

  /** The same sweep in another folder, on other images. */
  function temporary(name: string): SampleSweep {
    const inside = (...parts: string[]): string => at(name, ...parts);
    mkdirSync(inside());
    const made = writeSweep(inside);
    writeLastImages(150, inside("images.npz"));
    return made;
  }
});

test("flags of a queue: refused where they do not belong", async () => {
  const { config } = writeSweep(at);
  const said = async (...flags: string[]): Promise<unknown[]> => {
    const { code, stderr } = await prune("sweep", config, ...flags);
    return [code, stderr];
  };
  expect(await said("--worker")).toEqual([2, "prune: --worker is for a queue: give --queue redis://HOST:PORT, or leave it out.\n"]); // prettier-ignore
  expect(await said("--queue", "localhost")).toEqual([2, 'prune: --queue must be an address such as redis://localhost:6379, rediss://… or valkey://…; got "localhost".\n']); // prettier-ignore
  expect(await said("--queue", "redis://localhost", "--jobs", "2")).toEqual([2, "prune: --jobs is for jobs that run here; with --queue, workers do them: give it to those.\n"]); // prettier-ignore
  expect(await said("--queue", "redis://localhost", "--processes")).toEqual([2, "prune: --processes is for jobs that run here; with --queue, workers do them: give it to those.\n"]); // prettier-ignore
  expect(await said("--queue", "redis://localhost", "--worker", "--json")).toEqual([2, "prune: --json is for whoever runs the sweep, not for its workers: leave it out.\n"]); // prettier-ignore
  expect(await said("--queue", "redis://127.0.0.1:1")).toEqual([1, expect.stringContaining("redis://127.0.0.1:1: no Redis or Valkey answers there")]); // prettier-ignore
});
