import { describe, expect, test } from "vitest";
import { bytesOf, npy, withHeader } from "../../test/npy.ts";
import { parseNpy } from "./npy.ts";

const three = bytesOf(new Float32Array([1, 2.5, -3]));

describe("parseNpy", () => {
  test("reads what can be checked by hand", () => {
    expect(parseNpy(npy("<f4", [3], three), "a.npy")).toEqual({
      dtype: "float32",
      dims: [3],
      data: new Float32Array([1, 2.5, -3]),
    });
    expect(parseNpy(npy("|u1", [1, 2, 2], Uint8Array.of(1, 2, 3, 255)), "a.npy").dims).toEqual([1, 2, 2]);
    expect(parseNpy(npy("<i8", [1], bytesOf(new BigInt64Array([-7n]))), "a.npy").data).toEqual(
      new BigInt64Array([-7n]),
    );
    expect(parseNpy(npy("|b1", [2], Uint8Array.of(0, 1)), "a.npy").dtype).toBe("bool");
  });

  test("reads a scalar, an empty array and a view that is not aligned", () => {
    const scalar = withHeader("{'descr': '<f4', 'fortran_order': False, 'shape': (), }\n", three.subarray(0, 4));
    expect(parseNpy(scalar, "a.npy")).toMatchObject({ dims: [], data: new Float32Array([1]) });
    expect(parseNpy(npy("<f4", [0, 5], new Uint8Array()), "a.npy").data).toHaveLength(0);
    const shifted = new Uint8Array([9, ...npy("<f4", [3], three)]).subarray(1);
    expect(parseNpy(shifted, "a.npy").data).toEqual(new Float32Array([1, 2.5, -3]));
  });

  test("copies what it reads: a Buffer's slice is a view of all of it", () => {
    expect(parseNpy(Buffer.from(npy("<f4", [3], three)), "a.npy").data).toEqual(new Float32Array([1, 2.5, -3]));
  });

  test("reads format 2.0, whose header length takes four bytes", () => {
    const one = npy("<f4", [3], three);
    const two = Uint8Array.from([...one.subarray(0, 6), 2, 0, one[8]!, one[9]!, 0, 0, ...one.subarray(10)]);
    expect(parseNpy(two, "a.npy").data).toEqual(new Float32Array([1, 2.5, -3]));
  });

  test("accepts column order where it makes no difference", () => {
    expect(parseNpy(npy("<f4", [1, 3], three, true), "a.npy").dims).toEqual([1, 3]);
  });

  const fourByteHeader = (length: number): Uint8Array => {
    const bytes = new Uint8Array(64);
    bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 2, 0]);
    new DataView(bytes.buffer).setUint32(8, length, true);
    return bytes;
  };

  test.each<[string, Uint8Array, string]>([
    ["nothing", new Uint8Array(), "a.npy is not in NumPy's format."],
    ["another format", new TextEncoder().encode("PK\u0003\u0004 and more"), "a.npy is not in NumPy's format."],
    ["an unknown version", npy("<f4", [3], three).with(6, 9), "a.npy has an unknown version 9."],
    ["a huge header", fourByteHeader(0xffffffff), "a.npy has a header of 4294967295 bytes, above the limit of 65536."],
    ["a cut header", npy("<f4", [3], three).subarray(0, 40), "a.npy ends within its header."],
    [
      "cut data",
      npy("<f4", [3], three.subarray(0, 11)),
      "a.npy should hold 12 bytes of data for shape [3], but holds 11.",
    ],
    ["too much data", npy("<f4", [2], three), "a.npy should hold 8 bytes of data for shape [2], but holds 12."],
    [
      "column order",
      npy("<f4", [3, 2], new Uint8Array(24), true),
      "a.npy is stored column by column (Fortran order); save it with numpy.ascontiguousarray.",
    ],
    [
      "an impossible shape",
      npy("<f4", [99999999999999999999], three),
      "a.npy has an impossible shape (100000000000000000000,).",
    ],
    ["no header", withHeader("{}\n", three), "a.npy has a header that does not state one plain type, order and shape."],
    [
      "a record type",
      withHeader("{'descr': [('x', '<f4')], 'fortran_order': False, 'shape': (3,), }\n", three),
      "a.npy has a header that does not state one plain type, order and shape.",
    ],
  ])("refuses %s", (_, bytes, message) => {
    expect(() => parseNpy(bytes, "a.npy")).toThrow(expect.objectContaining({ code: "bad-data", message }));
  });

  test.each([">f4", "<c8", "|O", "<U4", "constructor"])("refuses elements of type %s", (descr) => {
    expect(() => parseNpy(npy(descr, [3], three), "a.npy")).toThrow(
      `has elements of type ${descr}; numbers must be little-endian`,
    );
  });

  test("refuses a shape whose size overflows, without allocating it", () => {
    expect(() => parseNpy(npy("<f4", [2 ** 40, 2 ** 40], three), "a.npy")).toThrow("should hold");
  });
});
