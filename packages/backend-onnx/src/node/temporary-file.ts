import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Keep } from "@prune/core";
import { errorTemporary } from "../errors.ts";
import { onInterruption } from "./interruption.ts";

/** One system call; one for more than 2 GiB fails. */
const STEP = 2 ** 30;

/** A part of the file. */
interface Range {
  readonly offset: number;
  readonly length: number;
}

/**
 * Keeps bytes in a temporary file, which is made when there is something to keep. Its name is removed at once, so that
 * whatever becomes of the process, nothing is left of it. Room that was freed, or that nobody can read any more, is used
 * again for as many bytes, such as those of the next layer's activations.
 * @throws {PruneError} `io-failed`, from whatever keeps or reads
 */
export function temporaryFile(): Keep {
  let file: { readonly handle: number } | undefined;
  let end = 0;
  const unused = new Map<number, number[]>();
  const release = ({ offset, length }: Range): void => {
    unused.set(length, [...(unused.get(length) ?? []), offset]);
  };
  const dropped = new FinalizationRegistry(release);
  return (bytes) => {
    const { handle } = (file ??= openUnnamed());
    const owner = file;
    const { length } = bytes;
    let offset = unused.get(length)?.pop();
    if (offset === undefined) {
      offset = end;
      end += length;
    }
    const range = { offset, length };
    write(handle, bytes, offset);
    dropped.register(range, { ...range }, range);
    const read = (): Uint8Array => {
      const { offset: from } = range;
      const copy = new Uint8Array(length);
      transfer(length, (at, count) => readSync(owner.handle, copy, at, count, from + at));
      return copy;
    };
    const free = (): void => {
      if (dropped.unregister(range)) release(range);
    };
    return { read, free };
  };
}

/** Closes files that nobody keeps bytes in any more. */
const closing = new FinalizationRegistry(closeSync);

function openUnnamed(): { readonly handle: number } {
  try {
    const folder = mkdtempSync(join(tmpdir(), "prune-"));
    const remove = (): void => rmSync(folder, { recursive: true, force: true });
    const file = { handle: openSync(join(folder, "kept"), "wx+", 0o600) };
    closing.register(file, file.handle);
    try {
      remove();
    } catch {
      onInterruption(remove); // a system that does not remove open files
    }
    return file;
  } catch (error) {
    throw errorTemporary(tmpdir(), error);
  }
}

/** Apart from the function that keeps: what reads them later would hold on to the bytes along with it. */
function write(handle: number, bytes: Uint8Array, offset: number): void {
  transfer(bytes.length, (at, count) => writeSync(handle, bytes, at, count, offset + at));
}

/** Reads or writes all of some bytes. */
function transfer(length: number, step: (at: number, count: number) => number): void {
  try {
    for (let at = 0; at < length;) {
      const count = step(at, Math.min(STEP, length - at));
      if (count === 0) throw new Error("the system moved no bytes, and did not say why");
      at += count;
    }
  } catch (error) {
    throw errorTemporary(tmpdir(), error);
  }
}
