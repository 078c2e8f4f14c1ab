import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { temporaryFile } from "../src/node/temporary-file.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "prune-test-"));
  vi.stubEnv("TMPDIR", folder);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

const bytes = (length: number, first: number): Uint8Array => Uint8Array.from({ length }, (_, i) => (first + i) % 251);

test("gives back what it keeps, in any order and as often as it is asked", () => {
  const keep = temporaryFile();
  const [a, b, none] = [keep(bytes(1000, 1)), keep(bytes(3000, 2)), keep(new Uint8Array())];
  expect([b.read(), a.read(), b.read(), none.read()]).toEqual([bytes(3000, 2), bytes(1000, 1), bytes(3000, 2), new Uint8Array()]); // prettier-ignore
});

test("room that was freed, once or twice, is given out once", () => {
  const keep = temporaryFile();
  const first = keep(bytes(500, 1));
  first.free();
  first.free();
  const [second, third] = [keep(bytes(500, 2)), keep(bytes(500, 3))];
  expect([second.read(), third.read()]).toEqual([bytes(500, 2), bytes(500, 3)]);
});

test("leaves no name behind, not even while it is in use", () => {
  const { read } = temporaryFile()(bytes(500, 1));
  expect(readdirSync(folder)).toEqual([]);
  expect(read()).toEqual(bytes(500, 1));
});

test("says where it wanted to be", () => {
  vi.stubEnv("TMPDIR", join(folder, "missing"));
  expect(() => temporaryFile()(bytes(1, 1))).toThrow(
    /missing: a temporary file for what does not fit into memory cannot be used: ENOENT.*Free some space there, or name another folder in TMPDIR\.$/,
  );
});
