import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { beforeEach, describe, expect, test } from "vitest";
import fc from "fast-check";
import { temporaryFolder } from "../../test/command.ts";
import { openJournal } from "./journal.ts";

const at = temporaryFolder();
const of = { command: "run", model: "a".repeat(64), "--seed": 1 };
const path = at("journal.jsonl");

beforeEach(() => writeFileSync(path, ""));

describe("a journal", () => {
  test("has one line for what it is of, and one for each thing", async () => {
    const journal = await openJournal(path, of);
    await journal.add("original", 0.5);
    await journal.add("macs=0.25", { value: 1 / 3 });
    expect(journal.get("original")).toBe(0.5);
    expect(readFileSync(path, "utf8")).toBe(
      `{"format":"prune-journal/1","of":${JSON.stringify(of)}}\n{"name":"original","value":0.5}\n{"name":"macs=0.25","value":{"value":${1 / 3}}}\n`,
    );
    const again = await openJournal(path, of);
    expect([again.get("original"), again.get("macs=0.25"), again.get("other")]).toEqual([0.5, { value: 1 / 3 }, undefined]); // prettier-ignore
  });

  test("cut off anywhere it has what was whole, and goes on", async () => {
    const journal = await openJournal(path, of);
    const names = ["a", "b", "ü"];
    for (const name of names) await journal.add(name, name.repeat(3));
    const bytes = readFileSync(path);
    const header = bytes.indexOf("\n") + 1;
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: header, max: bytes.length }), async (length) => {
        writeFileSync(path, bytes.subarray(0, length));
        const rest = await openJournal(path, of);
        const whole = bytes.subarray(0, length).toString("utf8").split("\n").length - 2;
        expect(names.map((name) => rest.get(name))).toEqual(names.map((n, i) => (i < whole ? n.repeat(3) : undefined)));
        for (const name of names) if (rest.get(name) === undefined) await rest.add(name, name.repeat(3));
        expect(readFileSync(path).equals(bytes)).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  test("of another run is refused, with what differs", async () => {
    await openJournal(path, of);
    const other = openJournal(path, { ...of, model: "b".repeat(64), "--seed": 2, "--heads": "dim" });
    await expect(other).rejects.toMatchObject({
      code: "bad-data",
      message: `${path} is the journal of another run; what differs: model (SHA-256 ${"a".repeat(12)}… there, SHA-256 ${"b".repeat(12)}… here), --seed (1 there, 2 here), --heads (none there, dim here). Delete it, or give another file.`,
    });
  });

  test("any other file is refused, and left alone", async () => {
    for (const text of ["notes", "notes\n", '{"format":"else"}\n']) {
      writeFileSync(path, text);
      await expect(openJournal(path, of)).rejects.toMatchObject({ code: "bad-data" });
      expect(readFileSync(path, "utf8")).toBe(text);
    }
    await expect(openJournal(at(), of)).rejects.toThrow(/cannot be read: EISDIR/);
  });

  test("damage in the middle is an error", async () => {
    await openJournal(path, of);
    appendFileSync(path, 'dam{aged\n{"name":"b","value":2}\n');
    await expect(openJournal(path, of)).rejects.toThrow(
      `${path}: line 2 is none of a journal's. Delete it, or give another --journal.`,
    );
  });
});
