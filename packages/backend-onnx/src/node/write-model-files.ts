import { createHash, randomBytes } from "node:crypto";
import { unlinkSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { errorWrite, errorWriteKind } from "../errors.ts";
import type { Chunk } from "../proto/chunk.ts";
import { dataName } from "./data-name.ts";
import { earlierData } from "./earlier-data.ts";
import { type FileSystem, nodeFiles } from "./file-system.ts";
import { onInterruption } from "./interruption.ts";
import { writeChunks } from "./write-chunks.ts";

/** What a model is written as. */
export interface ModelFiles {
  /** The model's own file. */
  readonly chunks: readonly Chunk[];
  /** The weights, where they go into a file of their own. */
  readonly data?: {
    readonly chunks: readonly Chunk[];
    /** Hears what that file is called; `chunks` of the model are read after it did. */
    readonly named: (name: string) => void;
  };
}

/**
 * Writes a model so that at every moment its path holds the earlier model in full, or none, or the new one in full, even
 * when the machine loses power. Everything goes to temporary names first. The file of weights is called after what is in
 * it, so that it takes nothing's place; one rename then puts the model that names it in place of the earlier one, whose
 * own file of weights goes last.
 * @throws {PruneError} `io-failed`
 */
export async function writeModelFiles(
  path: string,
  { chunks, data }: ModelFiles,
  fs: FileSystem = nodeFiles,
): Promise<void> {
  const unfinished = new Set<string>();
  const stopListening = onInterruption(() => unfinished.forEach(removeNow));
  try {
    const { target, mode } = await targetOf(path, fs);
    const weights = data && (await writeData(path, mode, data, unfinished, fs));
    const model = temporaryName(target, unfinished);
    await writeOne(model, mode, chunks, fs);
    const earlier = await earlierData(path);
    if (weights) {
      if (!(await exists(weights.to, fs))) unfinished.add(weights.to);
      await fs.rename(weights.from, weights.to);
      await syncFolder(dirname(path), fs);
    }
    await fs.rename(model, target);
    unfinished.clear();
    await syncFolder(dirname(target), fs);
    for (const file of earlier) if (file !== weights?.to) await fs.unlink(file).catch(() => undefined);
  } catch (error) {
    throw errorWrite(path, error);
  } finally {
    for (const name of unfinished) await fs.unlink(name).catch(() => undefined);
    stopListening();
  }
}

/** Writes the file of weights under a temporary name. @returns where it is, and where it goes */
async function writeData(
  path: string,
  mode: number | undefined,
  data: NonNullable<ModelFiles["data"]>,
  unfinished: Set<string>,
  fs: FileSystem,
): Promise<{ readonly from: string; readonly to: string }> {
  const from = temporaryName(path, unfinished);
  const hash = createHash("sha256");
  await writeOne(from, mode, data.chunks, fs, (bytes) => hash.update(bytes));
  const name = dataName(path, hash.digest("hex"));
  data.named(name);
  return { from, to: join(dirname(path), name) };
}

/** Where to write: behind a link, the file that it points to; and with the permissions that file has. */
async function targetOf(path: string, fs: FileSystem): Promise<{ target: string; mode: number | undefined }> {
  const target = await fs.realpath(path).catch(() => undefined);
  if (target === undefined) return { target: path, mode: undefined };
  const stat = await fs.stat(target);
  if (!stat.isFile()) throw errorWriteKind(path, stat.isDirectory() ? "a folder" : "not an ordinary file");
  return { target, mode: stat.mode & 0o777 };
}

async function exists(path: string, fs: FileSystem): Promise<boolean> {
  return fs.stat(path).then(
    () => true,
    () => false,
  );
}

function temporaryName(target: string, unfinished: Set<string>): string {
  const name = join(dirname(target), `.${basename(target)}.${randomBytes(6).toString("hex")}.tmp`);
  unfinished.add(name);
  return name;
}

/** Writes a file, all the way to the disk. */
async function writeOne(
  path: string,
  mode: number | undefined,
  chunks: readonly Chunk[],
  fs: FileSystem,
  seen?: (bytes: Uint8Array) => void,
): Promise<void> {
  const file = await fs.open(path, "wx", mode);
  try {
    await writeChunks(file, chunks, seen);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** What systems answer that cannot have a folder's entries put on the disk, or do so by themselves. */
const NO_FOLDER_SYNC: ReadonlySet<unknown> = new Set(["EACCES", "EBADF", "EINVAL", "EISDIR", "ENOTSUP", "EPERM"]);

/** Has what was renamed in a folder put on the disk before anything else is. */
async function syncFolder(path: string, fs: FileSystem): Promise<void> {
  try {
    const folder = await fs.open(path, "r");
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  } catch (error) {
    if (!NO_FOLDER_SYNC.has((error as NodeJS.ErrnoException).code)) throw error;
  }
}

function removeNow(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // It was not made yet, or is in place already.
  }
}
