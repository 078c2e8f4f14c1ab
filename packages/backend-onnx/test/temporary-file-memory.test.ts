import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { keepInMemory, storedFloats, storedValue } from "@prune/core";
import { expect, test } from "vitest";
import { temporaryFile } from "../src/node/temporary-file.ts";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

/** Whether some bytes are still in memory once nobody but who puts them away has had them. */
async function areHeld(putAway: (bytes: Uint8Array) => unknown): Promise<boolean> {
  const held = new Array<unknown>();
  const bytes = (() => {
    const own = new Uint8Array(2 ** 16).fill(7);
    held.push(putAway(own));
    return new WeakRef(own.buffer);
  })();
  await new Promise((resolve) => setTimeout(resolve, 0)); // a reference read in this turn would keep its object
  collectGarbage();
  return held.length > 0 && bytes.deref() !== undefined;
}

test("what was put into the file is not in memory any more", async () => {
  const keep = temporaryFile();
  expect(await areHeld(keepInMemory)).toBe(true);
  expect(await areHeld(keep)).toBe(false);
});

test("neither are values of runs and numbers that were put there", async () => {
  const keep = temporaryFile();
  const floats = ({ buffer }: Uint8Array): Float32Array => new Float32Array(buffer as ArrayBuffer);
  expect(await areHeld((bytes) => storedFloats(floats(bytes), keep))).toBe(false);
  expect(await areHeld((bytes) => storedValue({ dtype: "float32", dims: [2 ** 14], data: floats(bytes) }, keep))).toBe(false); // prettier-ignore
});
