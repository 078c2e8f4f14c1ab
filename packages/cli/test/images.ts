import { readFileSync, writeFileSync } from "node:fs";
import { parseNpz } from "../src/lib/npz.ts";
import { fixture } from "./command.ts";
import { npy, npz } from "./npy.ts";

/** Writes the last of the 10,000 training images, with their labels, into a file. */
export function writeLastImages(count: number, path: string): void {
  const { arrays } = parseNpz(readFileSync(fixture("train10k.npz")), "train10k.npz");
  const last = [...arrays].map(([name, { dims, data, dtype }]) => {
    const each = data.length / dims[0]!;
    const part = (data as Uint8Array).slice(-count * each);
    const bytes = new Uint8Array(part.buffer, part.byteOffset, part.byteLength);
    return [name, npy(dtype === "uint8" ? "|u1" : "<i8", [count, ...dims.slice(1)], bytes)] as const;
  });
  writeFileSync(path, npz(Object.fromEntries(last)));
}
