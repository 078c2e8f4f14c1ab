import { existsSync } from "node:fs";
import { availableParallelism, hostname } from "node:os";
import { join } from "node:path";
import type { Journal } from "@prune/core";
import { type FullReport, reportHtml } from "@prune/report";
import { type Attempt, createPool, type Job, type JobEnd, type Pool, poolEngine, runSweep } from "@prune/sweep";
import type { SweepFlags } from "../../commands/sweep.ts";
import { errorFlagOfQueue, errorFlagOfWorker, errorJobsElsewhere } from "../../errors.ts";
import type { Io } from "../../io.ts";
import { differences, openJournal } from "../../lib/journal.ts";
import { reportText } from "../../lib/report-text.ts";
import { makeFolder, stageFiles, writeText } from "../../lib/stage-files.ts";
import { machine } from "../environment.ts";
import { checkOutputs, checkReportFormat } from "../paths.ts";
import { errorJobsFailed, errorJobsLeft, errorOtherJob } from "./errors.ts";
import { createIdentifier, type Identifier } from "./identify.ts";
import { jobFlags } from "./job-flags.ts";
import { type Live, liveOn } from "./live.ts";
import { type LoadedSweep, loadSweep, plannedJob } from "./load-sweep.ts";
import { folderOf, resultName } from "./perform.ts";
import { openProcess } from "./process.ts";
import { queueAt } from "./queue-at.ts";
import { workerRunner } from "./runner.ts";
import { linkFrom, sweepReport } from "./sweep-report.ts";
import { openThread } from "./thread.ts";

/** Runs a sweep, or works for one. */
export async function sweep(path: string, flags: SweepFlags, io: Io): Promise<void> {
  checkFlags(flags);
  const { output, report, journal } = flags;
  const loaded = await loadSweep(path);
  await checkOutputs({ SWEEP: path }, { "--report": report, "--journal": journal });
  if (output !== undefined) await makeFolder(output);
  const task = { sweep: loaded, flags, io, identifier: createIdentifier(loaded) };
  await (flags.worker ? workFor(task) : runAll(task));
}

interface Task {
  readonly sweep: LoadedSweep;
  readonly flags: SweepFlags;
  readonly io: Io;
  readonly identifier: Identifier;
}

function checkFlags({ report, worker, queue, jobs, processes, journal, json }: SweepFlags): void {
  checkReportFormat(report);
  if (worker && queue === undefined) throw errorFlagOfQueue("--worker");
  if (worker) {
    const stray = Object.entries({ report, journal, json }).find(([, value]) => value !== undefined);
    if (stray) throw errorFlagOfWorker(`--${stray[0]}`);
  } else if (queue !== undefined && jobs !== undefined) throw errorJobsElsewhere("--jobs");
  else if (queue !== undefined && processes) throw errorJobsElsewhere("--processes");
}

async function runAll({ sweep, flags, io, identifier }: Task): Promise<void> {
  const jobs: Job[] = [];
  for (const planned of sweep.jobs) jobs.push(await identifier.job(planned));
  const { queue: url, output, retries } = flags;
  const live = liveOn(io, jobs.length, flags.quiet);
  const stop = stopOf(io, live);
  const isTimed = await timesLatency(sweep);
  const size = Math.min(flags.jobs ?? (isTimed ? 1 : availableParallelism()), jobs.length);
  const remarks = isTimed && url === undefined && size > 1 ? [TIMED] : [];
  const pool = url === undefined ? localPool(size, sweep, flags, live) : undefined;
  const queue = url === undefined ? undefined : await queueAt(url, sweep.name, live.note);
  const engine = queue ?? poolEngine(checked(pool!, sweep, identifier));
  let ends: ReadonlyMap<string, JobEnd<FullReport>>;
  try {
    if (queue && (await queue.workers()) === 0) live.note(`no worker is there yet: prune sweep ${sweep.file} --worker --queue URL starts one`); // prettier-ignore
    ends = await runSweep(jobs, {
      engine,
      ...(flags.journal === undefined ? {} : { journal: await journalAt(flags.journal, sweep, jobs, pool && output) }),
      ...(retries === undefined ? {} : { retries }),
      stop,
      onChange: live.change,
      onEnd: live.end,
    });
  } finally {
    await pool?.close();
    await queue?.close();
    live.clear();
    io.interruption?.end();
  }
  if (output !== undefined) await writeReports(output, [...ends.values()]);
  const interrupted = stop.aborted && ends.size < jobs.length;
  const pageOf = (job: Job): string | undefined =>
    output === undefined || flags.report === undefined ? undefined : linkFrom(flags.report, join(output, folderOf(job), "report.html")); // prettier-ignore
  const environment = machine({}, { ...io, command: (io.command ?? []).map(withoutPassword) });
  const report = sweepReport({ sweep, jobs, ends, interrupted, remarks, pageOf }, environment);
  if (flags.report !== undefined) await writeText(flags.report, await reportText(flags.report, report));
  if (flags.json) io.stdout.write(`${JSON.stringify(report)}\n`);
  else if (!flags.quiet) (await import("./print-sweep.ts")).printSweep(report, io);
  if (interrupted) throw errorJobsLeft(jobs.length - ends.size, jobs.length, flags.journal);
  const failed = report.jobs.filter(({ state }) => state === "failed");
  if (failed.length) throw errorJobsFailed(failed.length, jobs.length, failed[0]!.reason!);
}

async function workFor({ sweep, flags, io, identifier }: Task): Promise<void> {
  const live = liveOn(io, undefined, flags.quiet);
  const stop = stopOf(io, live);
  const size = flags.jobs ?? ((await timesLatency(sweep)) ? 1 : availableParallelism());
  const queue = await queueAt(flags.queue!, sweep.name, live.note);
  const pool = localPool(size, sweep, flags, live);
  try {
    live.note(`waiting for jobs of ${sweep.name}; Ctrl-C ends after those under way`);
    await queue.work({
      where: `${hostname()} ${process.pid}`,
      concurrency: size,
      retries: flags.retries ?? 2,
      stop,
      async perform(job) {
        const other = await otherThan(job, sweep, identifier);
        if (other !== undefined) throw errorOtherJob(sweep.file, job.name, other);
        return pool.run(job);
      },
      onChange: live.change,
      onEnd: live.end,
    });
  } finally {
    await pool.close();
    await queue.close();
    live.clear();
    io.interruption?.end();
  }
}

/** An address as it may be shown. */
const withoutPassword = (argument: string): string => argument.replace(/^(\w+:\/\/)[^@/]*@/, "$1");

const TIMED =
  "Latency was measured while other jobs ran, which makes it long and uneven; --jobs 1 measures one at a time.";

const INTERRUPTED = "interrupted, finishing the jobs under way; a second time stops at once";

/** Hears of Ctrl-C. */
function stopOf({ interruption }: Io, live: Live): { readonly aborted: boolean } {
  interruption?.begin(() => live.note(INTERRUPTED));
  return interruption?.signal ?? { aborted: false };
}

/** What does jobs on this machine. */
function localPool(size: number, { file }: LoadedSweep, flags: SweepFlags, { hooks }: Live): Pool<FullReport> {
  const { output, processes } = flags;
  const open = processes ? openProcess : openThread;
  return createPool(size, (slot) => workerRunner((ears) => open(slot, { file, output }, ears), hooks));
}

/** Whether a job is about latency, which other jobs at the same time would spoil. */
async function timesLatency(sweep: LoadedSweep): Promise<boolean> {
  for (const planned of sweep.jobs) {
    const { measure, target } = await jobFlags(planned, sweep, "model.onnx");
    if (measure || target?.name === "latency") return true;
  }
  return false;
}

/** What this machine would do otherwise, were it given a job; undefined: nothing. */
async function otherThan(job: Job, sweep: LoadedSweep, identifier: Identifier): Promise<string | undefined> {
  const planned = plannedJob(sweep, job.settings);
  if (!planned) return "it is not in the grid";
  const own = await identifier.job(planned);
  return own.id === job.id ? undefined : differences(job.identity, own.identity);
}

/** Refuses jobs whose files have changed since the sweep began. */
function checked(pool: Pool<FullReport>, sweep: LoadedSweep, identifier: Identifier): Pool<FullReport> {
  return {
    ...pool,
    async run(job, onStart) {
      const other = await otherThan(job, sweep, identifier);
      if (other === undefined) return pool.run(job, onStart);
      const failure = { reason: `what it reads has changed since the sweep began: ${other}`, isFinal: true };
      return { failure, where: "here" } satisfies Attempt<FullReport> & { readonly where: string };
    },
  };
}

/**
 * The journal of a sweep. It goes by the ids of jobs alone, so that a grid that has grown finds what it knows.
 * @param output where this process keeps models; what is not there is made once more
 */
async function journalAt(
  path: string,
  sweep: LoadedSweep,
  jobs: readonly Job[],
  output: string | undefined,
): Promise<Journal> {
  const journal = await openJournal(path, { command: "sweep" });
  if (output === undefined) return journal;
  const files = new Map(jobs.map((job) => [job.id, join(output, folderOf(job), resultName(plannedJob(sweep, job.settings)!.model))])); // prettier-ignore
  return { ...journal, get: (id) => (existsSync(files.get(id) ?? path) ? journal.get(id) : undefined) };
}

/** Every job's own report, as JSON and as a page. */
async function writeReports(output: string, ends: readonly JobEnd<FullReport>[]): Promise<void> {
  for (const end of ends) {
    if (end.state !== "done") continue;
    const folder = join(output, folderOf(end.job));
    await makeFolder(folder);
    const staged = await stageFiles([
      { path: join(folder, "report.json"), data: await reportText("report.json", end.result) },
      { path: join(folder, "report.html"), data: reportHtml(end.result) },
    ]);
    staged.commit();
  }
}
