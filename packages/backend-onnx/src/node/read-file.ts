import { type FileHandle, open, stat } from "node:fs/promises";
import { errorChangedInReading, errorRead, errorReadKind, errorReadSize } from "../errors.ts";

/** Largest buffer that every supported Node.js can allocate. */
const MAX_FILE_BYTES = 2 ** 32;

/** One read system call; a call for more than 2 GiB fails. */
const STEP = 2 ** 26;

/**
 * Reads a whole file, also one above the 2 GiB at which `fs.readFile` gives up. One that changes meanwhile is an error.
 * @throws {PruneError} `io-failed`
 */
export async function readFileBytes(path: string): Promise<Uint8Array> {
  try {
    const found = await stat(path); // before it is opened: opening a pipe waits for somebody to write into it
    if (!found.isFile()) throw errorReadKind(path, found.isDirectory() ? "a folder" : "not an ordinary file");
    const file = await open(path);
    try {
      const before = await file.stat();
      if (before.size > MAX_FILE_BYTES) throw errorReadSize(path, before.size, MAX_FILE_BYTES);
      const bytes = await readAll(file, before.size);
      const after = await file.stat();
      if (bytes.length !== after.size || before.mtimeMs !== after.mtimeMs) throw errorChangedInReading(path);
      return bytes;
    } finally {
      await file.close();
    }
  } catch (error) {
    throw errorRead(path, error);
  }
}

async function readAll(file: FileHandle, size: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(size);
  let at = 0;
  while (at < size) {
    const { bytesRead } = await file.read(bytes, at, Math.min(STEP, size - at), at);
    if (bytesRead === 0) break;
    at += bytesRead;
  }
  return bytes.subarray(0, at);
}
