import { createReadStream } from "node:fs";
import { readdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { isDataName } from "./data-name.ts";

/**
 * The files of weights that go with the model at a path when it is replaced: those that this package made for it, that
 * it names, and that no other model in the folder names, such as a copy of it. None where that cannot be told.
 */
export async function earlierData(path: string): Promise<string[]> {
  const folder = dirname(path);
  try {
    const entries = await readdir(folder);
    let names = entries.filter((name) => isDataName(path, name));
    if (names.length) names = await namedIn(path, names);
    const others = entries.filter((name) => /\.onnx$/i.test(name) && name !== basename(path));
    for (const other of others) {
      if (!names.length) break;
      const taken = await namedIn(join(folder, other), names);
      names = names.filter((name) => !taken.includes(name));
    }
    return names.map((name) => join(folder, name));
  } catch {
    return [];
  }
}

/** Bytes of one read. */
const PART = 2 ** 22;

/** Which of some names stand in a file, whatever stands around them. */
async function namedIn(path: string, names: readonly string[]): Promise<string[]> {
  const found = new Set<string>();
  const longest = Math.max(...names.map((name) => Buffer.byteLength(name)));
  let end: Uint8Array = new Uint8Array(0);
  for await (const part of createReadStream(path, { highWaterMark: PART }) as AsyncIterable<Buffer>) {
    const bytes = Buffer.concat([end, part]); // a name may lie across two parts
    for (const name of names) if (bytes.includes(name)) found.add(name);
    end = bytes.subarray(Math.max(0, bytes.length - longest));
  }
  return [...found];
}
