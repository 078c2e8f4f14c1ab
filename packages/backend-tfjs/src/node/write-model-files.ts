import { randomBytes } from "node:crypto";
import { rmSync } from "node:fs";
import { open, readFile, realpath, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { errorWrite } from "../errors.ts";
import type { TfjsFiles } from "../format/write-tfjs.ts";
import { isObject, listIn } from "../json.ts";

/**
 * Writes a model so that at no moment `model.json` names weights that are not its own: shards go to names that nothing
 * else has, and one rename then puts `model.json` in place of an earlier one. The shards that only that one named go last.
 * @throws {PruneError} `io-failed`
 */
export async function writeModelFiles(path: string, { json, shards }: TfjsFiles): Promise<void> {
  const target = await realpath(path).catch(() => path);
  const folder = dirname(target);
  const temporary = join(folder, `.${basename(target)}.${randomBytes(6).toString("hex")}.tmp`);
  const before = await shardsOf(target);
  const names = new Set(shards.map((shard) => shard.name));
  const unfinished = new Set<string>();
  const discard = (): void => {
    for (const file of unfinished) rmSync(file, { force: true });
  };
  process.on("exit", discard);
  try {
    for (const { name, bytes } of shards) {
      if (before.includes(name)) continue; // called after its contents: it is this very file
      unfinished.add(join(folder, name));
      await writeSynced(join(folder, name), bytes, "w");
    }
    unfinished.add(temporary);
    await writeSynced(temporary, json, "wx");
    await rename(temporary, target);
    unfinished.clear();
    for (const name of before) if (!names.has(name)) await rm(join(folder, name), { force: true });
  } catch (cause) {
    throw errorWrite(path, cause);
  } finally {
    discard();
    process.off("exit", discard);
  }
}

async function writeSynced(path: string, bytes: Uint8Array, flags: "w" | "wx"): Promise<void> {
  const file = await open(path, flags);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** A shard as this package names them: after what is in it. */
const OWN = /^group\d+-shard\d+of\d+\.[0-9a-f]{16}\.bin$/;

/** The shards of ours that a model names; none where there is no model. */
async function shardsOf(path: string): Promise<string[]> {
  try {
    const parsed: unknown = JSON.parse(await readFile(path, "utf8"));
    const groups = isObject(parsed) ? listIn(parsed, "weightsManifest") : [];
    const paths = groups.flatMap((group) => (isObject(group) ? listIn(group, "paths") : []));
    return paths.filter((name): name is string => typeof name === "string" && OWN.test(name));
  } catch {
    return [];
  }
}
