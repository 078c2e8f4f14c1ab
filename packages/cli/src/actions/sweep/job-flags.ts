import { resolve } from "node:path";
import { CommanderError } from "commander";
import { runCommand, type RunFlags } from "../../commands/run.ts";
import { errorConfig } from "../../errors.ts";
import { setValues } from "../../load-config.ts";
import type { LoadedSweep, PlannedJob } from "./load-sweep.ts";

/** Options that name files. */
const FILES = ["calib", "eval", "rewind"] as const;

/**
 * The flags of a job, after the checks that `prune run` makes; files are absolute, and one thread is the default.
 * @throws {UsageError} that names the configuration
 */
export async function jobFlags(
  { options, model, name }: PlannedJob,
  { file, base }: LoadedSweep,
  output: string,
): Promise<RunFlags> {
  let found: RunFlags | undefined;
  const nowhere = { write: () => undefined };
  const command = runCommand({ stdout: nowhere, stderr: nowhere })
    .exitOverride()
    .configureOutput({ writeErr: () => undefined, writeOut: () => undefined })
    .action((_, flags: RunFlags) => void (found = flags));
  await setValues(command, options, file);
  try {
    await command.parseAsync([model, "-o", output], { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    throw errorConfig(file, name, `${error.message.replace(/^error: /, "").replace(/\.$/, "")}.`);
  }
  const flags = found!;
  const { sources = {} } = flags;
  const files = FILES.flatMap((key) => {
    const path = flags[key];
    return path === undefined || Object.hasOwn(sources, path) ? [] : [[key, resolve(base, path)] as const];
  });
  // A full report, and no more threads than there are jobs.
  return { threads: 1, ...flags, ...Object.fromEntries(files), pluginsFrom: base, json: true };
}
