import { sizeOf } from "../../graph/tensor.ts";
import type { RunTensor } from "../../model.ts";

/** Prime, so that no two channels of an image are alike. */
const PERIOD = 16381;

/** Pseudo-random numbers in (−1, 1), the same in every run. */
const noise = Float32Array.from({ length: PERIOD }, () => 0);
let state = 1;
for (let i = 0; i < PERIOD; i++) {
  state = (Math.imul(state, 1664525) + 1013904223) | 0;
  noise[i] = state / 2 ** 31;
}

/** Repeatable values to feed to a layer; `seed` tells layers apart. */
export function freshValue(dims: readonly number[], seed: number): RunTensor {
  const data = new Float32Array(sizeOf(dims));
  let from = (seed * 1009) % PERIOD;
  for (let at = 0; at < data.length; from = 0) {
    const part = noise.subarray(from, from + data.length - at);
    data.set(part, at);
    at += part.length;
  }
  return { dtype: "float32", dims, data };
}
