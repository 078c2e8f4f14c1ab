import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { canonical } from "./canonical.ts";
import { jobId } from "./job.ts";

const digest = (text: string): string => createHash("sha256").update(text).digest("hex");

test("an id is the start of the SHA-256 of the identity, whatever the order of its keys", () => {
  // printf '{"a":[1,"x"],"b":{"c":true,"d":null}}' | sha256sum
  const id = "32498812";
  expect(canonical({ b: { d: null, c: true }, a: [1, "x"], e: undefined })).toBe(
    '{"a":[1,"x"],"b":{"c":true,"d":null}}',
  );
  expect(jobId({ b: { d: null, c: true }, a: [1, "x"] }, digest)).toBe(digest('{"a":[1,"x"],"b":{"c":true,"d":null}}').slice(0, 16)); // prettier-ignore
  expect(jobId({ b: { d: null, c: true }, a: [1, "x"] }, digest).slice(0, 8)).toBe(id);
});

test("identities that differ have other ids; the same after they have been JSON", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.dictionary(fc.string(), fc.jsonValue()), (a, b) => {
      const again = JSON.parse(JSON.stringify(a)) as typeof a;
      expect(jobId(a, digest)).toBe(jobId(again, digest));
      if (canonical(a) !== canonical(b)) expect(jobId(a, digest)).not.toBe(jobId(b, digest));
    }),
  );
});

test("refuses what is no JSON, wherever it is", () => {
  for (const odd of [() => 1, new Map(), NaN, 1n])
    for (const identity of [{ odd }, { in: [odd] }, { in: { odd } }]) expect(() => jobId(identity, digest)).toThrow("must be JSON"); // prettier-ignore
});
