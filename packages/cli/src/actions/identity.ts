import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Model } from "@prune/core";
import { flagOf } from "../lib/format.ts";
import type { Identity } from "../lib/journal.ts";
import { version } from "../version.ts";

/** Flags that say where results go and what is printed; all others take part in what comes out. */
const NEUTRAL = new Set(["output", "plan", "report", "journal", "checkpoint", "quiet", "json", "measure"]);

/** Flags that name files which are read. */
const DATA = new Set(["calib", "eval", "rewind"]);

/** What a run is told apart by: two runs that are equal in it give the same results. Files count by what is in them. */
export async function identityOf(command: string, model: Model, flags: object): Promise<Identity> {
  const bytes = (): string => createHash("sha256").update(model.toBytes()).digest("hex");
  const known = { command, version: version(), model: model.sha256() ?? bytes(), weights: weightsOf(model) };
  return { ...known, ...(await flagsIdentity(flags)) };
}

/**
 * What flags contribute to that. Code that a configuration brings counts by its name.
 * @param hash SHA-256 of a file or folder
 */
export async function flagsIdentity(
  flags: object,
  hash: (path: string) => Promise<string> = hashOf,
): Promise<Identity> {
  const own: Record<string, unknown> = {};
  const { sources = {} } = flags as { readonly sources?: object };
  for (const [name, value] of Object.entries(flags).sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (value === undefined || NEUTRAL.has(name)) continue;
    const isFile = DATA.has(name) && !Object.hasOwn(sources, value as string);
    own[flagOf(name)] = isFile ? await hash(value as string) : value;
  }
  return own;
}

/** SHA-256 of all weights: those in files beside a model are not in the SHA-256 of its own. */
function weightsOf({ graph }: Model): string {
  const hash = createHash("sha256");
  for (const tensor of graph.parameters.values()) hash.update(tensor.bytes());
  return hash.digest("hex");
}

/** SHA-256 of a file; of a folder that of the names and sizes of all files in it. */
export async function hashOf(path: string): Promise<string> {
  const hash = createHash("sha256");
  if (!(await stat(path)).isDirectory()) {
    for await (const part of createReadStream(path)) hash.update(part as Uint8Array);
    return hash.digest("hex");
  }
  for (const name of (await readdir(path, { recursive: true })).sort())
    hash.update(`${name}\0${(await stat(join(path, name))).size}\0`);
  return hash.digest("hex");
}
