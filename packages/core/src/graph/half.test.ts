import fc from "fast-check";
import { expect, test } from "vitest";
import { fromHalves, halfBits } from "./half.ts";

test("the nearest number, ties to even; subnormal ones, the largest, and beyond it", () => {
  const values = [1, -2, 2 ** -24, 1 + 2 ** -11, 1 + 3 * 2 ** -11, 65504, 65519, 65520, -Infinity, -0, 2 ** -26, NaN];
  const bits = [0x3c00, 0xc000, 0x0001, 0x3c00, 0x3c02, 0x7bff, 0x7bff, 0x7c00, 0xfc00, 0x8000, 0, 0x7e00];
  expect(values.map(halfBits)).toEqual(bits);
});

test("law: every half-precision number stays what it is", () => {
  const numbers = Uint16Array.from({ length: 1 << 16 }, (_, bits) => bits);
  const back = Uint16Array.from(fromHalves(numbers), halfBits);
  expect(numbers.filter((bits) => back[bits] !== bits && (bits & 0x7fff) <= 0x7c00)).toEqual(new Uint16Array());
});

test("law: no other half-precision number is nearer", () => {
  fc.assert(
    fc.property(fc.float({ min: -65504, max: 65504, noNaN: true }), (value) => {
      const bits = halfBits(value);
      const [own, above, below] = fromHalves([bits, bits + 1, Math.max(0, bits - 1)]);
      for (const other of [above!, below!].filter((x) => !Number.isNaN(x)))
        expect(Math.abs(own! - value)).toBeLessThanOrEqual(Math.abs(other - value));
    }),
  );
});
