import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll } from "vitest";
import { main } from "../src/main.ts";

/** What a command did. */
export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command line in this process. */
export async function prune(...argv: string[]): Promise<Outcome> {
  const text = { stdout: "", stderr: "" };
  const collect = (name: "stdout" | "stderr") => ({ write: (part: string) => void (text[name] += part) });
  const code = await main(argv, { stdout: collect("stdout"), stderr: collect("stderr") });
  return { code, ...text };
}

/** A folder that is removed after the tests of a file. */
export function temporaryFolder(): (...parts: string[]) => string {
  const folder = mkdtempSync(join(tmpdir(), "prune-cli-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return (...parts) => join(folder, ...parts);
}

/** A file that the tests of several packages use. */
export function fixture(name: string): string {
  return fileURLToPath(new URL(`../../../fixtures/fashion-mnist/${name}`, import.meta.url));
}

/** The built command. */
export const BIN: string = fileURLToPath(new URL("../dist/bin.js", import.meta.url));

/** A JSON file's content, as the caller says it is. */
export function json<T>(path: string): T {
  return JSON.parse(readFileSync(path, "utf8")) as T;
}
