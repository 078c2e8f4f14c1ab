import { randomBytes } from "node:crypto";
import { unlinkSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { errorWrite, errorWriteKind } from "../errors.ts";
import type { Chunk } from "../proto/chunk.ts";
import { type FileSystem, nodeFiles } from "./file-system.ts";
import { onInterruption } from "./interruption.ts";
import { writeChunks } from "./write-chunks.ts";

/** A file to be written. */
export interface OutputFile {
  readonly path: string;
  readonly chunks: readonly Chunk[];
}

/**
 * Writes files that belong together so that an interrupted or failed write leaves what was there before: each goes to a
 * temporary name beside its target, and only when all are on the disk are they renamed, in the order given.
 * @throws {PruneError} `io-failed`
 */
export async function writeFiles(files: readonly OutputFile[], fs: FileSystem = nodeFiles): Promise<void> {
  const temporary = new Set<string>();
  const stopListening = onInterruption(() => temporary.forEach(removeNow));
  let path = files[0]?.path ?? "";
  try {
    const moves: Move[] = [];
    for (const file of files) {
      path = file.path;
      const { target, mode } = await targetOf(path, fs);
      const from = temporaryName(target, temporary);
      await writeOne(from, mode, file.chunks, fs);
      moves.push({ from, target, isNew: mode === undefined });
    }
    await moveAll(moves, temporary, fs);
  } catch (error) {
    throw errorWrite(path, error);
  } finally {
    for (const name of temporary) await fs.unlink(name).catch(() => undefined);
    stopListening();
  }
}

interface Move {
  readonly from: string;
  readonly target: string;
  /** Nothing is at the target yet. */
  readonly isNew: boolean;
}

/** Where to write: behind a link, the file that it points to; and with the permissions that file has. */
async function targetOf(path: string, fs: FileSystem): Promise<{ target: string; mode: number | undefined }> {
  const target = await fs.realpath(path).catch(() => undefined);
  if (target === undefined) return { target: path, mode: undefined };
  const stat = await fs.stat(target);
  if (!stat.isFile()) throw errorWriteKind(path, stat.isDirectory() ? "a folder" : "not an ordinary file");
  return { target, mode: stat.mode & 0o777 };
}

function temporaryName(target: string, temporary: Set<string>): string {
  const name = join(dirname(target), `.${basename(target)}.${randomBytes(6).toString("hex")}.tmp`);
  temporary.add(name);
  return name;
}

async function writeOne(
  path: string,
  mode: number | undefined,
  chunks: readonly Chunk[],
  fs: FileSystem,
): Promise<void> {
  const file = await fs.open(path, "wx", mode);
  try {
    await writeChunks(file, chunks);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Renames all files or, when one fails, puts the earlier ones back. */
async function moveAll(moves: readonly Move[], temporary: Set<string>, fs: FileSystem): Promise<void> {
  const undo: (() => Promise<void>)[] = [];
  try {
    for (const [i, { from, target, isNew }] of moves.entries()) {
      const backup = isNew || i === moves.length - 1 ? undefined : temporaryName(target, temporary);
      // Where the file system has no links there is no way back, but also, short of a crash, no reason to need one.
      const kept =
        backup !== undefined &&
        (await fs.link(target, backup).then(
          () => true,
          () => false,
        ));
      await fs.rename(from, target);
      if (isNew) undo.push(() => fs.unlink(target));
      else if (kept) undo.push(() => fs.rename(backup, target));
    }
  } catch (error) {
    for (const step of undo.toReversed()) await step();
    throw error;
  }
}

function removeNow(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // It was not made yet, or is in place already.
  }
}
