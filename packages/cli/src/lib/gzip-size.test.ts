import { randomBytes } from "node:crypto";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { gzipSize } from "./gzip-size.ts";

test("says how many bytes gzip leaves, of one part or of many", async () => {
  const bytes = Buffer.concat([randomBytes(100_000), Buffer.alloc(200_000)]);
  const size = gzipSync(bytes).length;
  expect(await gzipSize([bytes])).toBe(size);
  expect(await gzipSize([bytes.subarray(0, 7), bytes.subarray(7, 7), bytes.subarray(7)])).toBe(size);
  expect(await gzipSize([])).toBe(gzipSync("").length);
});
