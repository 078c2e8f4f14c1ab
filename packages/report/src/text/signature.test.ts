import { expect, test } from "vitest";
import { signatureLines } from "./signature.ts";

test("what changed alike is one line", () => {
  const before = ["batch", 4, null, 16];
  const after = ["batch", 3, null, 16];
  const change = (name: string, kind: "input" | "output") => ({ name, kind, before, after });
  const signature = [
    change("past.0.key", "input"),
    change("past.0.value", "input"),
    { name: "past.1.key", kind: "input", before } as const,
    change("present.0.key", "output"),
  ];
  expect(signatureLines({ signature })).toEqual([
    "past.0.key and 1 more: input of [batch, 4, ?, 16] is [batch, 3, ?, 16] now.",
    "past.1.key: input left.",
    "present.0.key: output of [batch, 4, ?, 16] is [batch, 3, ?, 16] now.",
  ]);
  expect(signatureLines({})).toEqual([]);
});
