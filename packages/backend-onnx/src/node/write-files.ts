import { randomBytes } from "node:crypto";
import { type FileHandle, open, rename, unlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { bytesOf, type Chunk } from "../proto/chunk.ts";
import { errorWrite } from "../errors.ts";

export interface OutputFile {
  readonly path: string;
  readonly chunks: readonly Chunk[];
}

export async function writeFiles(files: readonly OutputFile[]): Promise<void> {
  for (const { path, chunks } of files) {
    const temp = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString("hex")}.tmp`);
    try {
      const file = await open(temp, "wx");
      try {
        for (const chunk of chunks) await writeAll(file, bytesOf(chunk));
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(temp, path);
    } catch (error) {
      await unlink(temp).catch(() => undefined);
      throw errorWrite(path, error);
    }
  }
}

async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += (await file.write(bytes, at)).bytesWritten;
}
