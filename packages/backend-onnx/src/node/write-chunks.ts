import { bytesOf, type Chunk } from "../proto/chunk.ts";
import type { OutputHandle } from "./file-system.ts";

/** Most views of one `writev` (IOV_MAX of Linux and macOS). */
const MAX_VIEWS = 1024;

/** Most bytes of one `writev`: the system stops at 2 GiB, and lazy chunks are held in memory until they are written. */
const MAX_BYTES = 2 ** 26;

/**
 * Writes chunks one after another without joining them; copes with writes that stop short.
 * @param seen hears all bytes, in order, before they are written
 */
export async function writeChunks(
  file: OutputHandle,
  chunks: readonly Chunk[],
  seen: (bytes: Uint8Array) => void = () => undefined,
): Promise<void> {
  let batch: Uint8Array[] = [];
  let size = 0;
  const flush = async () => {
    await writeAll(file, batch);
    batch = [];
    size = 0;
  };
  for (const chunk of chunks) {
    if (size > 0 && size + chunk.length > MAX_BYTES) await flush();
    const bytes = bytesOf(chunk);
    for (let at = 0; at < bytes.length; at += MAX_BYTES) {
      const view = bytes.subarray(at, at + MAX_BYTES);
      seen(view);
      batch.push(view);
      size += view.length;
      if (size >= MAX_BYTES || batch.length === MAX_VIEWS) await flush();
    }
  }
  await flush();
}

async function writeAll(file: OutputHandle, views: readonly Uint8Array[]): Promise<void> {
  let rest = views;
  while (rest.length > 0) {
    const { bytesWritten } = await file.writev(rest);
    if (bytesWritten === 0) throw new Error("the system wrote nothing, and did not say why");
    rest = after(rest, bytesWritten);
  }
}

/** What is left of a list of views once some bytes of it are written. */
function after(views: readonly Uint8Array[], written: number): readonly Uint8Array[] {
  let left = written;
  let i = 0;
  while (i < views.length && left >= views[i]!.length) left -= views[i++]!.length;
  return left > 0 ? [views[i]!.subarray(left), ...views.slice(i + 1)] : views.slice(i);
}
