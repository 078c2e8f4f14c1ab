import { Command } from "commander";
import { type PrintFlags, withPrintFlags } from "../flags.ts";
import type { Io } from "../io.ts";
import { once, text, whole } from "../parse.ts";

/** Flags of `prune sweep`. */
export interface SweepFlags extends PrintFlags {
  readonly output?: string;
  readonly report?: string;
  readonly journal?: string;
  readonly jobs?: number;
  readonly processes?: boolean;
  readonly retries?: number;
  readonly queue?: string;
  readonly worker?: boolean;
}

export function sweepCommand(io: Io): Command {
  const command = new Command("sweep")
    .description(
      "Prune in every combination of a grid: models, scorers, types, targets, recovery, …; show which are best.",
    )
    .argument("<sweep>", "what to run, a .ts, .js or .json file; see defineSweep")
    .optionsGroup("Files:")
    .option(
      "-o, --output <folder>",
      "keep every job's model, plan and report there, in a folder of its own (default: only figures are kept)",
      once("--output", text),
    )
    .option(
      "--report <file>",
      "write all jobs and the Pareto front: a page (.html) or JSON (.json)",
      once("--report", text),
    )
    .option(
      "--journal <file>",
      "note every result there; the same command goes on from it after an interruption, and with a larger grid runs only what is new",
      once("--journal", text),
    )
    .optionsGroup("How it is run:")
    .option(
      "--jobs <n>",
      "jobs at once, each in a thread of its own (default: one per core; 1 where latency is measured)",
      once("--jobs", whole(1)),
    )
    .option(
      "--processes",
      "do jobs in processes instead of threads: a job that crashes the runtime, or that the system ends for its memory, then ends no other",
    )
    .option("--retries <n>", "how often a job that broke down is tried again (default: 2)", once("--retries", whole(0)))
    .option(
      "--queue <url>",
      "let workers on any machines do the jobs, through Redis or Valkey: redis://host:6379 (needs @prune/sweep-bullmq)",
      once("--queue", text),
    )
    .option("--worker", "be such a worker: take jobs of this sweep from --queue, until Ctrl-C");
  return withPrintFlags(command).action(async (path: string, flags: SweepFlags) => {
    const { sweep } = await import("../actions/sweep/sweep.ts");
    await sweep(path, flags, io);
  });
}
