import type { Appended, OpContext } from "./define-op.ts";

/**
 * `appends` rule of attention that keeps keys and values from run to run: `[past, present, by]` per cache, positions of an
 * input, an output, and the input that what is appended comes from. Steps are the last axis but one.
 */
export const cachesOf =
  (...caches: readonly (readonly [past: number, present: number, by: number])[]) =>
  ({ in: inputs, out }: OpContext): Appended[] =>
    caches.flatMap(([to, output, by]) => {
      const present = out[output];
      return inputs[to] && present ? [{ to, by: [by], output, along: present.axis(-2) }] : [];
    });
