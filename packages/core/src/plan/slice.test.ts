import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bytesPerElement, type DType } from "../graph/dtype.ts";
import { float32Tensor, int64Tensor, sizeOf, tensorOf, toNumbers, type Tensor } from "../graph/tensor.ts";
import { keepSlices, zeroSlices, type KeptAxes } from "./slice.ts";

const count = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
const kept = (axes: Record<number, readonly number[]>): KeptAxes =>
  new Map(Object.entries(axes).map(([axis, indices]) => [Number(axis), indices]));

describe("keeping", () => {
  test("indices of several axes at once", () => {
    const part = keepSlices(float32Tensor("w", count(12), [3, 4]), kept({ 0: [0, 2], 1: [1, 3] }));
    expect(part.dims).toEqual([2, 2]);
    expect(toNumbers(part)).toEqual([1, 3, 9, 11]);
  });

  test("an axis between others", () => {
    const part = keepSlices(float32Tensor("w", count(24), [2, 3, 4]), kept({ 1: [0, 2] }));
    expect(toNumbers(part)).toEqual([0, 1, 2, 3, 8, 9, 10, 11, 12, 13, 14, 15, 20, 21, 22, 23]);
  });

  test("whole blocks behind the axis, in runs", () => {
    const part = keepSlices(int64Tensor("w", count(80), [2, 2, 20]), kept({ 1: [1] }));
    expect(toNumbers(part)).toEqual([...count(20).map((i) => i + 20), ...count(20).map((i) => i + 60)]);
  });

  test("nothing of an axis, all of it, no axis at all", () => {
    const tensor = float32Tensor("w", count(4), [2, 2]);
    expect(toNumbers(keepSlices(tensor, kept({ 0: [] })))).toEqual([]);
    expect(toNumbers(keepSlices(tensor, kept({ 1: [0, 1] })))).toEqual(count(4));
    expect(toNumbers(keepSlices(tensor, kept({})))).toEqual(count(4));
  });

  test("bytes that are not aligned", () => {
    const bytes = new Uint8Array(13);
    bytes.set(new Uint8Array(Float32Array.of(1, 2, 3).buffer), 1);
    const tensor = tensorOf("w", "float32", [3], bytes.subarray(1));
    expect(toNumbers(keepSlices(tensor, kept({ 0: [0, 2] })))).toEqual([1, 3]);
  });

  test("copies when first asked, once", () => {
    let reads = 0;
    const whole = float32Tensor("w", count(4));
    const lazy: Tensor = { ...whole, bytes: () => (reads++, whole.bytes()) };
    const part = keepSlices(lazy, kept({ 0: [1, 2] }));
    expect(reads).toBe(0);
    expect(part.bytes()).toBe(part.bytes());
    expect(reads).toBe(1);
  });
});

describe("zeroing", () => {
  test("what is not kept, and leaves the tensor it was given alone", () => {
    const tensor = float32Tensor("w", [1, 2, 3, 4], [2, 2]);
    expect(toNumbers(zeroSlices(tensor, kept({ 1: [1] })))).toEqual([0, 2, 0, 4]);
    expect(toNumbers(tensor)).toEqual([1, 2, 3, 4]);
  });

  test("rows and columns", () => {
    const tensor = float32Tensor("w", count(9).map((i) => i + 1), [3, 3]); // prettier-ignore
    expect(toNumbers(zeroSlices(tensor, kept({ 0: [0, 1], 1: [1, 2] })))).toEqual([0, 2, 3, 0, 5, 6, 0, 0, 0]);
  });

  test("in whatever order the indices come", () => {
    const tensor = float32Tensor("w", count(9).map((i) => i + 1), [3, 3]); // prettier-ignore
    expect(toNumbers(zeroSlices(tensor, kept({ 0: [2, 0], 1: [2, 1] })))).toEqual([0, 2, 3, 0, 0, 0, 0, 8, 9]);
  });

  test("in memory that holds something else, if there is some", () => {
    const used = new Uint8Array(16).fill(255);
    const masked = zeroSlices(float32Tensor("w", [1, 2, 3, 4], [2, 2]), kept({ 0: [1] }), () => used);
    expect(toNumbers(masked)).toEqual([0, 0, 3, 4]);
    expect(masked.bytes()).toBe(used);
  });

  test("whole blocks and single elements", () => {
    const tensor = float32Tensor("w", count(240).map((i) => i + 1), [2, 3, 40]); // prettier-ignore
    const masked = toNumbers(zeroSlices(tensor, kept({ 1: [2], 2: count(39) })));
    expect(masked).toEqual(count(240).map((i) => (Math.floor(i / 40) % 3 === 2 && i % 40 < 39 ? i + 1 : 0)));
  });

  test("forgets what the file said of it", () => {
    const tensor: Tensor = { ...float32Tensor("w", [1]), origin: "bytes of a file" };
    expect(zeroSlices(tensor, kept({ 0: [] })).origin).toBeUndefined();
  });
});

const DTYPES: DType[] = [
  ...(["float32", "float16", "bfloat16", "float64", "int8", "uint8", "int16", "uint16"] as const),
  ...(["int32", "uint32", "int64", "uint64", "bool"] as const),
];

/** A tensor of any type, at any address, and what to keep of any of its axes. */
const anything = fc
  .record({
    dtype: fc.constantFrom(...DTYPES),
    dims: fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 4 }),
    shift: fc.nat(3),
    inner: fc.constantFrom(1, 20),
  })
  .chain(({ dtype, dims: outer, shift, inner }) => {
    const dims = [...outer, inner];
    const length = sizeOf(dims) * bytesPerElement(dtype);
    const axis = (size: number): fc.Arbitrary<number[] | undefined> =>
      fc.option(fc.subarray(count(size), { minLength: 1 }), { nil: undefined });
    return fc.record({
      tensor: fc.uint8Array({ minLength: length, maxLength: length }).map((data) => {
        const bytes = new Uint8Array(length + shift);
        bytes.set(data, shift);
        return tensorOf("w", dtype, dims, bytes.subarray(shift));
      }),
      axes: fc
        .tuple(...dims.map(axis))
        .map((lists) => new Map(lists.flatMap((list, i) => (list ? [[i, list] as const] : [])))),
    });
  });

/** The bytes of every element, with its place on each axis. */
function* elements({ dtype, dims, bytes }: Tensor): Generator<{ at: number[]; element: string }> {
  const size = bytesPerElement(dtype);
  for (let i = 0; i < sizeOf(dims); i++) {
    let rest = i;
    const at = dims.toReversed().map((d) => {
      const digit = rest % d;
      rest = Math.floor(rest / d);
      return digit;
    });
    yield {
      at: at.toReversed(),
      element: bytes()
        .subarray(i * size, (i + 1) * size)
        .join(),
    };
  }
}

const stays = (axes: KeptAxes, at: readonly number[]): boolean =>
  at.every((index, axis) => !axes.has(axis) || Array.from(axes.get(axis)!).includes(index));

test("law: what is kept are the elements that are kept on every axis, in order, of any type", () => {
  fc.assert(
    fc.property(anything, ({ tensor, axes }) => {
      const left = [...elements(tensor)].filter(({ at }) => stays(axes, at)).map(({ element }) => element);
      expect([...elements(keepSlices(tensor, axes))].map(({ element }) => element)).toEqual(left);
    }),
  );
});

test("law: what is zeroed are all other elements", () => {
  fc.assert(
    fc.property(anything, ({ tensor, axes }) => {
      const zero = new Uint8Array(bytesPerElement(tensor.dtype)).join();
      const masked = [...elements(tensor)].map(({ at, element }) => (stays(axes, at) ? element : zero));
      expect([...elements(zeroSlices(tensor, axes))].map(({ element }) => element)).toEqual(masked);
    }),
  );
});
