import { join, resolve } from "node:path";
import { PruneError } from "@prune/core";
import type { FullReport } from "@prune/report";
import type { Attempt, Job } from "@prune/sweep";
import { isPruneError, messageOf } from "../../lib/message-of.ts";
import type { Progress } from "../../lib/progress.ts";
import { makeFolder } from "../../lib/stage-files.ts";
import { isTfjs } from "../open-model.ts";
import { pruneFile } from "../run.ts";
import { jobFlags } from "./job-flags.ts";
import { commandOf, type LoadedSweep, type PlannedJob, plannedJob } from "./load-sweep.ts";

/** What is said while a job is done. */
export interface Hooks {
  readonly progress: (text: string) => void;
  readonly note: (text: string) => void;
}

/** Does one job: what `prune run` does. @param output where jobs have their folders; undefined: only the report is kept */
export async function perform(
  sweep: LoadedSweep,
  job: Job,
  output: string | undefined,
  hooks: Hooks,
): Promise<Attempt<FullReport>> {
  try {
    const planned = plannedJob(sweep, job.settings);
    if (!planned) throw errorNoSuchJob(sweep.file, job.name);
    const folder = output === undefined ? undefined : join(output, folderOf(job));
    if (folder !== undefined) await makeFolder(folder);
    const name = resultName(planned.model);
    const flags = await jobFlags(planned, sweep, folder === undefined ? name : join(folder, name));
    // A plan for a model that was trained first would be for a file that there is not.
    const plan = folder === undefined || flags.regularize !== undefined ? {} : { plan: join(folder, "plan.json") };
    const command = commandOf(planned, name) ?? ["sweep", sweep.file];
    const stderr = { write: (text: string) => hooks.note(text.trimEnd().replace(/^prune: /, "")) };
    const io = { stdout: { write: () => undefined }, stderr, command };
    const report = await pruneFile(resolve(sweep.base, planned.model), { ...flags, ...plan }, io, progressOf(hooks), folder !== undefined); // prettier-ignore
    return { result: asWritten(report, planned, name) };
  } catch (error) {
    return { failure: { reason: messageOf(error), isFinal: isFinal(error) } };
  }
}

/** Where a job's results are kept. */
export function folderOf({ name, id }: Job): string {
  const readable = name.replaceAll(/[^\w.=-]+/g, "-").slice(0, 80);
  return `${readable}-${id.slice(0, 8)}`;
}

/** What a pruned model is called there. */
export const resultName = (model: string): string => (isTfjs(model) ? "model.json" : "model.onnx");

const errorNoSuchJob = (file: string, name: string): PruneError =>
  new PruneError("bad-option", `${file} has no job "${name}": it was changed after the sweep began. Start it again.`);

/** Breakdowns of disks and runtimes may pass; what is wrong with a model, an option or a program will not. */
function isFinal(error: unknown): boolean {
  if (isPruneError(error)) return error.code !== "io-failed" && error.code !== "runtime-failed";
  return !(error instanceof Error && "syscall" in error);
}

/** The same report on every machine: files are called what the configuration calls them. */
function asWritten(report: FullReport, { model, options }: PlannedJob, output: string): FullReport {
  const { files, settings, evaluation } = report;
  const own = Object.fromEntries(["calib", "rewind"].flatMap((key) => (typeof options[key] === "string" ? [[key, options[key]]] : []))); // prettier-ignore
  const data = typeof options["eval"] === "string" ? { data: options["eval"] } : {};
  return {
    ...report,
    files: { before: { ...files.before, path: model }, after: { ...files.after, path: output } },
    ...(settings ? { settings: { ...settings, ...own } } : {}),
    ...(evaluation ? { evaluation: { ...evaluation, ...data } } : {}),
  };
}

/** Shortest time between two messages, in milliseconds. */
const PAUSE = 200;

function progressOf({ progress, note }: Hooks): Progress {
  let last = 0;
  const shown: Progress = {
    about: "",
    show: (what) => {
      const now = performance.now();
      if (now - last < PAUSE) return;
      last = now;
      progress(`${shown.about}${what}`);
    },
    note,
    clear: () => undefined,
  };
  return shown;
}
