import { closeSync, fstatSync, openSync, readSync, realpathSync, type Stats, statSync } from "node:fs";
import { dirname, isAbsolute, relative, resolve, sep } from "node:path";
import { errorDataChanged, errorDataLocation, errorMissingDataFile, errorRead, errorShortDataFile } from "../errors.ts";
import type { DataFiles } from "../proto/data-files.ts";

/** A file beside the model, as it was when the model was loaded. */
interface Found {
  readonly path: string;
  readonly stat: Stats;
}

/**
 * The files in a model's folder. Each read opens its file anew, so that a model of many gigabytes takes the memory of
 * one tensor; a file that was replaced in between is an error rather than other numbers.
 * @param stored whether tensors are so large together that nobody should hold on to them
 */
export function filesBeside(model: string, source: string, stored?: true): DataFiles {
  const found = new Map<string, Found>();
  return {
    open({ location, offset, length }, tensor) {
      const file = found.get(location) ?? find(model, location, tensor, source);
      found.set(location, file);
      const { size } = file.stat;
      const end = length === undefined ? size : offset + length;
      if (offset > size || end > size) throw errorShortDataFile(source, location, tensor, end, size);
      return { length: end - offset, read: () => readRange(file, offset, end - offset), stored };
    },
  };
}

function find(model: string, location: string, tensor: string, source: string): Found {
  const folder = dirname(resolve(model));
  if (isAbsolute(location) || /^[a-z]:|^\\/i.test(location) || location.split(/[/\\]/).includes("..")) {
    throw errorDataLocation(source, location, tensor);
  }
  let path: string;
  try {
    path = realpathSync(resolve(folder, location));
  } catch (cause) {
    throw errorMissingDataFile(source, location, tensor, cause);
  }
  // Download caches keep a model and its data as links into a common folder: that one counts as the model's too.
  const folders = [realpathSync(folder), dirname(realpathSync(model))];
  if (!folders.some((parent) => isInside(path, parent))) throw errorDataLocation(source, location, tensor);
  const stat = statSync(path);
  if (!stat.isFile()) throw errorMissingDataFile(source, location, tensor, "it is not a file");
  return { path, stat };
}

function isInside(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way !== "" && way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

function readRange({ path, stat }: Found, offset: number, length: number): Uint8Array {
  try {
    const file = openSync(path, "r");
    try {
      const { size, mtimeMs, ino } = fstatSync(file);
      if (size !== stat.size || mtimeMs !== stat.mtimeMs || ino !== stat.ino) throw errorDataChanged(path);
      const bytes = new Uint8Array(length);
      for (let at = 0; at < length;) {
        const count = readSync(file, bytes, at, Math.min(STEP, length - at), offset + at);
        if (count === 0) throw errorDataChanged(path);
        at += count;
      }
      return bytes;
    } finally {
      closeSync(file);
    }
  } catch (error) {
    // It was there when the model was loaded.
    throw (error as NodeJS.ErrnoException).code === "ENOENT" ? errorDataChanged(path) : errorRead(path, error);
  }
}

/** One read system call; a call for more than 2 GiB fails. */
const STEP = 2 ** 30;
