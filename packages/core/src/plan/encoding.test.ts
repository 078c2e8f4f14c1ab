import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeFloats, decodeMask, encodeFloats, encodeMask } from "./encoding.ts";

test("a mask is a bit per element, the first the lowest", () => {
  expect(encodeMask(Uint8Array.of(1, 0, 1, 1, 0, 0, 0, 0, 1))).toBe(Buffer.from([0b1101, 1]).toString("base64"));
});

test("law: decoding gives back what was encoded, and the text is base64 as everybody writes it", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(1)), fc.array(fc.float({ noNaN: true })), (bits, numbers) => {
      const [mask, values] = [Uint8Array.from(bits), Float32Array.from(numbers)];
      expect(decodeMask(encodeMask(mask), mask.length)).toEqual(mask);
      expect(decodeFloats(encodeFloats(values), values.length)).toEqual(values);
      expect(encodeFloats(values)).toBe(Buffer.from(values.buffer).toString("base64"));
    }),
  );
});

test.each([
  ["too short", "AA==", 9, "A mask of the plan has 1 bytes; 9 elements take 2."],
  ["not base64", "A?==", 8, "Data of the plan is not base64."],
  ["cut off", "AAA", 8, "Data of the plan is not base64."],
])("refuses what is %s", (_, text, size, message) => {
  expect(() => decodeMask(text, size)).toThrow(expect.objectContaining({ code: "bad-plan", message }) as Error);
});
