import { readFileSync } from "node:fs";
import { parseNpz } from "../../cli/src/lib/npz.ts";
import type { TrainingData } from "../src/index.ts";

/** Images of Fashion-MNIST with pixels in [0, 1]: the first `count` of a file in fixtures. */
export function fashion(file: string, count: number): TrainingData & { readonly labels: { data: Uint8Array } } {
  const path = new URL(`../../../fixtures/fashion-mnist/${file}`, import.meta.url);
  const { arrays } = parseNpz(new Uint8Array(readFileSync(path)), file);
  const [pixels, labels] = ["image", "labels"].map((name) => arrays.get(name)!.data as Uint8Array);
  return {
    inputs: {
      image: {
        dtype: "float32",
        dims: [count, 1, 28, 28],
        data: Float32Array.from(pixels!.subarray(0, count * 784), (v) => v / 255),
      },
    },
    labels: { dtype: "uint8", dims: [count], data: labels!.subarray(0, count) },
  } as TrainingData & { readonly labels: { data: Uint8Array } };
}
