import { open, readFile, truncate } from "node:fs/promises";
import { type Journal, PruneError } from "@prune/core";
import { errorWrite, stageFiles } from "./stage-files.ts";

/** What a run is told apart by: its command, model, data and flags. JSON. */
export type Identity = Readonly<Record<string, unknown>>;

const FORMAT = "prune-journal/1";

/**
 * A journal in a file of JSON lines: first what run it is of, then what was found out, one line each. Every line is on
 * the disk before work goes on. A last line that was cut off is dropped; anything else that is wrong is an error.
 * @throws {PruneError} `bad-data` for a file that is no journal, or of another run; `io-failed`
 */
export async function openJournal(path: string, of: Identity): Promise<Journal> {
  const lines = await linesOf(path);
  if (!lines.length) await create(path, of);
  else checkIdentity(path, "journal", lines[0], of);
  const known = new Map(lines.slice(1).map((line) => [line["name"] as string, line["value"]]));
  return {
    get: (name) => known.get(name),
    async add(name, value) {
      known.set(name, value);
      await append(path, `${JSON.stringify({ name, value })}\n`);
    },
  };
}

type Line = Readonly<Record<string, unknown>>;

/** The whole lines of a file; what was cut off behind them is cut off the file too. No file: no lines. */
async function linesOf(path: string): Promise<Line[]> {
  const text = await readFile(path, "utf8").catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw errorJournal(path, `cannot be read: ${(error as Error).message}`);
  });
  const parts = text.split("\n");
  const rest = parts.pop()!;
  const lines = parts.map((part, i) => {
    const line = lineOf(part);
    if (!line || (i === 0 && line["format"] !== FORMAT))
      throw errorJournal(path, `line ${i + 1} is none of a journal's`);
    return line;
  });
  if (rest && !lines.length) throw errorJournal(path, "it is no journal");
  if (rest) await truncate(path, Buffer.byteLength(text) - Buffer.byteLength(rest)).catch((error: unknown) => {
    throw errorWrite(path, error);
  }); // prettier-ignore
  return lines;
}

function lineOf(text: string): Line | undefined {
  try {
    const line: unknown = JSON.parse(text);
    return typeof line === "object" && line !== null ? (line as Line) : undefined;
  } catch {
    return undefined;
  }
}

async function create(path: string, of: Identity): Promise<void> {
  const staged = await stageFiles([{ path, data: `${JSON.stringify({ format: FORMAT, of })}\n` }]);
  staged.commit();
}

async function append(path: string, line: string): Promise<void> {
  try {
    const file = await open(path, "a");
    try {
      await file.appendFile(line);
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (error) {
    throw errorWrite(path, error);
  }
}

/** Refuses what was kept of another run. @throws {PruneError} `bad-data` */
export function checkIdentity(path: string, what: string, line: Line | undefined, of: Identity): void {
  const list = differences((line?.["of"] ?? {}) as Identity, of);
  if (!list) return;
  throw new PruneError(
    "bad-data",
    `${path} is the ${what} of another run; what differs: ${list}. Delete it, or give another file.`,
  );
}

/** What differs between another run and this one; "" where nothing does. */
export function differences(other: Identity, of: Identity): string {
  const differing = [...new Set([...Object.keys(of), ...Object.keys(other)])].filter(
    (key) => JSON.stringify(of[key]) !== JSON.stringify(other[key]),
  );
  return differing.map((key) => `${key} (${shown(other[key])} there, ${shown(of[key])} here)`).join(", ");
}

function shown(value: unknown): string {
  if (value === undefined) return "none";
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return /^[0-9a-f]{64}$/.test(text) ? `SHA-256 ${text.slice(0, 12)}…` : text;
}

const errorJournal = (path: string, problem: string): PruneError =>
  new PruneError("bad-data", `${path}: ${problem}. Delete it, or give another --journal.`);
