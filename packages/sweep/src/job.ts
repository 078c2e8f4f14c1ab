import { canonical } from "./canonical.ts";
import { errorIdentityKind } from "./errors.ts";
import type { Settings } from "./expand-grid.ts";

/** What makes a job's result: its settings, the versions at work, and the contents (hashes) of what it reads. JSON. */
export type JobIdentity = Readonly<Record<string, unknown>>;

/** One pruning of a sweep. JSON, so that it can be handed to another thread or machine. */
export interface Job {
  /** The same for the same identity, on every machine. */
  readonly id: string;
  /** What it is called in tables. */
  readonly name: string;
  /** Its place in the grid. */
  readonly settings: Settings;
  readonly identity: JobIdentity;
}

/**
 * The id of a job: 16 hexadecimal digits.
 * @param digest SHA-256 of a text, in hexadecimal digits
 * @throws {PruneError} `bad-option` for an identity that is no JSON
 */
export function jobId(identity: JobIdentity, digest: (text: string) => string): string {
  const text = canonical(identity);
  if (text === undefined) throw errorIdentityKind();
  return digest(text).slice(0, 16);
}
