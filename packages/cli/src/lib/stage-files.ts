import { randomBytes } from "node:crypto";
import { renameSync, realpathSync, rmSync, statSync } from "node:fs";
import { mkdir, open } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { PruneError } from "@prune/core";

/** A file to be written. */
export interface OutputFile {
  readonly path: string;
  readonly data: string | Uint8Array;
}

/** Files that lie beside their targets under temporary names. */
export interface StagedFiles {
  /** Puts all of them in place, without a pause in which the process could be interrupted. */
  commit(): void;
  /** Removes what was not put in place. */
  discard(): void;
}

/**
 * Writes files under temporary names, so that they can be put in place together once everything else has worked out.
 * Whatever ends the process before that removes them.
 * @throws {PruneError} `io-failed`
 */
export async function stageFiles(files: readonly OutputFile[]): Promise<StagedFiles> {
  const moves: { readonly from: string; readonly to: string }[] = [];
  const discard = (): void => {
    for (const { from } of moves) rmSync(from, { force: true });
    moves.length = 0;
    process.off("exit", discard);
  };
  process.on("exit", discard);
  for (const { path, data } of files) {
    try {
      const { target, mode } = targetOf(path);
      const from = join(dirname(target), `.${basename(target)}.${randomBytes(6).toString("hex")}.tmp`);
      moves.push({ from, to: target });
      await writeSynced(from, data, mode);
    } catch (error) {
      discard();
      throw errorWrite(path, error);
    }
  }
  return {
    commit() {
      try {
        for (const { from, to } of moves) renameSync(from, to);
      } catch (error) {
        throw errorWrite(moves[0]!.to, error);
      } finally {
        discard();
      }
    },
    discard,
  };
}

/** Makes a folder, and those that it lies in, if they are not there. @throws {PruneError} `io-failed` */
export async function makeFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true }).catch((error: unknown) => {
    throw errorWrite(path, error);
  });
}

/** Writes one file: it appears whole or not at all. @throws {PruneError} `io-failed` */
export async function writeText(path: string, text: string): Promise<void> {
  const staged = await stageFiles([{ path, data: text }]);
  try {
    staged.commit();
  } finally {
    staged.discard();
  }
}

/** Behind a link, the file that it points to; and the permissions that file has. */
function targetOf(path: string): { target: string; mode: number | undefined } {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat) return { target: path, mode: undefined };
  if (!stat.isFile()) throw new Error(`there is ${stat.isDirectory() ? "a folder" : "no ordinary file"} of that name`);
  return { target: realpathSync(path), mode: stat.mode & 0o777 };
}

async function writeSynced(path: string, data: string | Uint8Array, mode: number | undefined): Promise<void> {
  const file = await open(path, "wx", mode);
  try {
    await file.writeFile(data);
    await file.sync();
  } finally {
    await file.close();
  }
}

export function errorWrite(path: string, cause: unknown): PruneError {
  const why = (cause instanceof Error ? cause.message : String(cause)).replace(/\.$/, "");
  return new PruneError(
    "io-failed",
    `${path}: cannot be written: ${why}. Check the folder, its permissions and the space that is left.`,
    {
      cause,
    },
  );
}
