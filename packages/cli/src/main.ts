import { CommanderError } from "commander";
import { UsageError } from "./errors.ts";
import type { Io } from "./io.ts";
import { isPruneError, messageOf } from "./lib/message-of.ts";
import { program } from "./program.ts";

/**
 * Runs the command line. Failures are one line on `stderr`; with PRUNE_DEBUG=1 in the environment, and where code of a
 * plug-in fails, a stack as well.
 * @param argv what follows `prune`
 * @returns the exit code: 0 done, 1 the work failed or a target was not met, 2 wrong usage
 */
export async function main(argv: readonly string[], io: Io = process): Promise<number> {
  try {
    const { stdout, stderr, interruption } = io;
    await program({ stdout, stderr, interruption, command: argv }).parseAsync(argv, { from: "user" });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2; // it has said what there is to say
    io.stderr.write(`prune: ${messageOf(error)}\n`);
    const shown = process.env["PRUNE_DEBUG"] === "1" ? error : foreignCause(error);
    if (shown instanceof Error) io.stderr.write(`${stackOf(shown)}\n`);
    return error instanceof UsageError || (isPruneError(error) && error.code === "bad-option") ? 2 : 1;
  }
}

/** What code of a plug-in or a configuration threw: whoever wrote it needs its stack. */
const foreignCause = (error: unknown): unknown =>
  isPruneError(error) && error.code === "plugin-failed" ? error.cause : undefined;

function stackOf(error: Error): string {
  const cause = error.cause instanceof Error ? `\nCaused by: ${stackOf(error.cause)}` : "";
  return `${error.stack ?? error.message}${cause}`;
}
