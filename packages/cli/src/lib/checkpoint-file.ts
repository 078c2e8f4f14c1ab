import { readFile } from "node:fs/promises";
import { deserialize, serialize } from "node:v8";
import { type Checkpoints, PruneError } from "@prune/core";
import { checkIdentity, type Identity } from "./journal.ts";
import { stageFiles } from "./stage-files.ts";

const FORMAT = "prune-checkpoint/1";

interface Content {
  readonly format: typeof FORMAT;
  readonly of: Identity;
  readonly states: ReadonlyMap<string, unknown>;
}

/**
 * Checkpoints in one file, which is written anew with every change: whole, or not at all.
 * @throws {PruneError} `bad-data` for a file that holds no checkpoints, or those of another run; `io-failed`
 */
export async function openCheckpoints(path: string, of: Identity): Promise<Checkpoints> {
  const content = await contentOf(path);
  if (content) checkIdentity(path, "checkpoint", { of: content.of }, of);
  const states = new Map(content?.states);
  const write = async (): Promise<void> => {
    const data = serialize({ format: FORMAT, of, states } satisfies Content);
    const staged = await stageFiles([{ path, data }]);
    staged.commit();
  };
  return {
    load: (name) => Promise.resolve(states.get(name)),
    async save(name, state) {
      states.set(name, state);
      await write();
    },
    async drop(name) {
      const gone = [...states.keys()].filter((key) => key.startsWith(`${name}/`));
      for (const key of gone) states.delete(key);
      if (gone.length) await write();
    },
  };
}

async function contentOf(path: string): Promise<Content | undefined> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw errorCheckpoint(path, `cannot be read: ${(error as Error).message}`);
  }
  try {
    const content = deserialize(bytes) as Content;
    if (content.format === FORMAT && content.states instanceof Map) return content;
  } catch {
    // Said below.
  }
  throw errorCheckpoint(path, "it holds no checkpoints");
}

const errorCheckpoint = (path: string, problem: string): PruneError =>
  new PruneError("bad-data", `${path}: ${problem}. Delete it, or give another --checkpoint.`);
