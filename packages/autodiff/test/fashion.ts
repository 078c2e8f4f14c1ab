import { readFileSync } from "node:fs";
import { inflateRawSync } from "node:zlib";
import type { TrainingData } from "../src/index.ts";

/** Images of Fashion-MNIST with pixels in [0, 1]: the first `count` of a file in fixtures. */
export function fashion(file: string, count: number): TrainingData & { readonly labels: { data: Uint8Array } } {
  const bytes = readFileSync(new URL(`../../../fixtures/fashion-mnist/${file}`, import.meta.url));
  const [pixels, labels] = [entry(bytes, "image.npy"), entry(bytes, "labels.npy")];
  const data = Float32Array.from(pixels.subarray(0, count * 784), (v) => v / 255);
  return {
    inputs: { image: { dtype: "float32", dims: [count, 1, 28, 28], data } },
    labels: { dtype: "uint8", dims: [count], data: labels.subarray(0, count) },
  };
}

/** The bytes of an array in an .npz file, which is a zip archive; enough for the two files in fixtures. */
function entry(zip: Buffer, name: string): Uint8Array {
  let at = zip.readUInt32LE(zip.lastIndexOf("PK\x05\x06") + 16);
  for (;;) {
    const [length, extra, comment] = [28, 30, 32].map((offset) => zip.readUInt16LE(at + offset)) as [number, number, number]; // prettier-ignore
    if (zip.toString("latin1", at + 46, at + 46 + length) === name) break;
    at += 46 + length + extra + comment;
  }
  const [method, size, start] = [zip.readUInt16LE(at + 10), zip.readUInt32LE(at + 20), zip.readUInt32LE(at + 42)];
  const from = start + 30 + zip.readUInt16LE(start + 26) + zip.readUInt16LE(start + 28);
  const packed = zip.subarray(from, from + size);
  const array = method === 0 ? packed : inflateRawSync(packed);
  return new Uint8Array(array.subarray(10 + array.readUInt16LE(8)));
}
