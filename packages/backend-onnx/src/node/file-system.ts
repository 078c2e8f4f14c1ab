import { open, realpath, rename, stat, unlink } from "node:fs/promises";

/** What saving needs of `node:fs/promises`. Tests put in one that fails. */
export interface FileSystem {
  open(path: string, flags: string, mode?: number): Promise<OutputHandle>;
  rename(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
  realpath(path: string): Promise<string>;
  stat(path: string): Promise<{ readonly mode: number; isFile(): boolean; isDirectory(): boolean }>;
}

/** A file that is open for writing, or a folder whose entries are to be on the disk. */
export interface OutputHandle {
  /** May write less than it is given. */
  writev(views: readonly Uint8Array[]): Promise<{ readonly bytesWritten: number }>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** The machine's own files. */
export const nodeFiles: FileSystem = { open, rename, unlink, realpath, stat };
