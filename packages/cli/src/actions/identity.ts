import { createHash } from "node:crypto";
import { createReadStream, readFileSync } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Model } from "@prune/core";
import { flagOf } from "../lib/format.ts";
import type { Identity } from "../lib/journal.ts";

/** Flags that say where results go and what is printed; all others take part in what comes out. */
const NEUTRAL = new Set(["output", "plan", "report", "journal", "checkpoint", "quiet", "json", "measure"]);

/** Flags that name files which are read. */
const DATA = new Set(["calib", "eval", "rewind"]);

/** What a run is told apart by: two runs that are equal in it give the same results. Files count by what is in them. */
export async function identityOf(command: string, model: Model, flags: object): Promise<Identity> {
  const own: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(flags).sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (value === undefined || NEUTRAL.has(name)) continue;
    own[flagOf(name)] = DATA.has(name) ? await hashOf(value as string) : value;
  }
  const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
    version: string;
  };
  const bytes = (): string => createHash("sha256").update(model.toBytes()).digest("hex");
  return { command, version, model: model.sha256() ?? bytes(), weights: weightsOf(model), ...own };
}

/** SHA-256 of all weights: those in files beside a model are not in the SHA-256 of its own. */
function weightsOf({ graph }: Model): string {
  const hash = createHash("sha256");
  for (const tensor of graph.parameters.values()) hash.update(tensor.bytes());
  return hash.digest("hex");
}

/** SHA-256 of a file; of a folder that of the names and sizes of all files in it. */
async function hashOf(path: string): Promise<string> {
  const hash = createHash("sha256");
  if (!(await stat(path)).isDirectory()) {
    for await (const part of createReadStream(path)) hash.update(part as Uint8Array);
    return hash.digest("hex");
  }
  for (const name of (await readdir(path, { recursive: true })).sort())
    hash.update(`${name}\0${(await stat(join(path, name))).size}\0`);
  return hash.digest("hex");
}
