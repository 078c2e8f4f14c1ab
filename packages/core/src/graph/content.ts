import type { Tensor } from "./tensor.ts";

/** Type, shape, and 64 bits of the elements: the same for tensors that are equal to the bit. */
export function contentOf(tensor: Tensor): string {
  const bytes = tensor.bytes();
  let [a, b] = [0x811c9dc5, 0x2f0b4c47];
  for (let i = 0; i < bytes.length; i++) {
    a = Math.imul(a ^ bytes[i]!, 0x01000193);
    b = Math.imul(b ^ bytes[i]!, 0x5bd1e995) ^ (b >>> 15);
  }
  return `${tensor.dtype} ${tensor.dims.join()} ${a >>> 0} ${b >>> 0}`;
}
