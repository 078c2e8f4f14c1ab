import { open } from "node:fs/promises";
import { errorRead, errorReadKind, errorReadSize } from "../errors.ts";

/** Largest buffer that every supported Node.js can allocate. */
const MAX_FILE_BYTES = 2 ** 32;

/** One read system call; a call for more than 2 GiB fails. */
const STEP = 2 ** 26;

/** Reads a whole file, also one above the 2 GiB at which `fs.readFile` gives up. @throws {PruneError} `io-failed` */
export async function readFileBytes(path: string): Promise<Uint8Array> {
  const file = await open(path).catch((error: unknown) => {
    throw errorRead(path, error);
  });
  try {
    const stat = await file.stat();
    if (!stat.isFile()) throw errorReadKind(path, stat.isDirectory() ? "a folder" : "not an ordinary file");
    if (stat.size > MAX_FILE_BYTES) throw errorReadSize(path, stat.size, MAX_FILE_BYTES);
    const bytes = new Uint8Array(stat.size);
    let at = 0;
    while (at < bytes.length) {
      const { bytesRead } = await file.read(bytes, at, Math.min(STEP, bytes.length - at), at);
      if (bytesRead === 0) break;
      at += bytesRead;
    }
    return bytes.subarray(0, at);
  } catch (error) {
    throw errorRead(path, error);
  } finally {
    await file.close();
  }
}
