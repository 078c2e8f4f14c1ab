import { randomBytes } from "node:crypto";
import { existsSync, rmSync, statSync } from "node:fs";
import { open, readdir, readFile, realpath, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { errorWrite } from "../errors.ts";
import type { TfjsFiles } from "../format/write-tfjs.ts";
import { isObject, listIn } from "../json.ts";

/**
 * Writes a model so that at every moment its path holds the earlier model in full, or none, or the new one in full, even
 * when the machine loses power. Everything goes to temporary names first; shards are called after what is in them, so
 * that they take no other shard's place; one rename then puts `model.json` in place of an earlier one, whose own shards
 * go last.
 * @throws {PruneError} `io-failed`
 */
export async function writeModelFiles(path: string, { json, shards }: TfjsFiles): Promise<void> {
  const unfinished = new Set<string>();
  const discard = (): void => {
    for (const file of unfinished) rmSync(file, { force: true });
  };
  process.on("exit", discard);
  try {
    const target = await realpath(path).catch(() => path);
    const mode = statSync(target, { throwIfNoEntry: false })?.mode;
    const write = async (to: string, bytes: Uint8Array): Promise<Move> => {
      const from = join(dirname(to), `.${basename(to)}.${randomBytes(6).toString("hex")}.tmp`);
      unfinished.add(from);
      await writeSynced(from, bytes, mode);
      return { from, to };
    };
    const moves: Move[] = [];
    for (const { name, bytes } of shards) moves.push(await write(join(dirname(path), name), bytes));
    const model = await write(target, json);
    const earlier = await earlierShards(path);
    for (const { from, to } of moves) {
      if (!existsSync(to)) unfinished.add(to);
      await rename(from, to);
    }
    await syncFolder(dirname(path));
    await rename(model.from, model.to);
    unfinished.clear();
    await syncFolder(dirname(target));
    const kept = new Set(shards.map((shard) => shard.name));
    for (const name of earlier) if (!kept.has(name)) await rm(join(dirname(path), name)).catch(() => undefined);
  } catch (cause) {
    throw errorWrite(path, cause);
  } finally {
    discard();
    process.off("exit", discard);
  }
}

interface Move {
  readonly from: string;
  readonly to: string;
}

async function writeSynced(path: string, bytes: Uint8Array, mode: number | undefined): Promise<void> {
  const file = await open(path, "wx", mode);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** What systems answer that cannot have a folder's entries put on the disk, or do so by themselves. */
const NO_FOLDER_SYNC: ReadonlySet<unknown> = new Set(["EACCES", "EBADF", "EINVAL", "EISDIR", "ENOTSUP", "EPERM"]);

/** Has what was renamed in a folder put on the disk before anything else is. */
async function syncFolder(path: string): Promise<void> {
  try {
    const folder = await open(path);
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  } catch (error) {
    if (!NO_FOLDER_SYNC.has((error as NodeJS.ErrnoException).code)) throw error;
  }
}

/** A shard as this package names them: after what is in it. */
const OWN = /^group\d+-shard\d+of\d+\.[0-9a-f]{16}\.bin$/;

/** The shards of ours that the model at a path names and no other model in its folder does. */
async function earlierShards(path: string): Promise<string[]> {
  const names = await shardsOf(path).catch(() => []);
  if (!names.length) return [];
  const folder = dirname(path);
  const others = (await readdir(folder)).filter((name) => /\.json$/i.test(name) && name !== basename(path));
  const taken = await Promise.all(others.map((other) => shardsOf(join(folder, other)).catch(() => [])));
  return names.filter((name) => !taken.flat().includes(name));
}

/** The shards of ours that a model names. */
async function shardsOf(path: string): Promise<string[]> {
  const parsed: unknown = JSON.parse(await readFile(path, "utf8"));
  const groups = isObject(parsed) ? listIn(parsed, "weightsManifest") : [];
  const paths = groups.flatMap((group) => (isObject(group) ? listIn(group, "paths") : []));
  return paths.filter((name): name is string => typeof name === "string" && OWN.test(name));
}
