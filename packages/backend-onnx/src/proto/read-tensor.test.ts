import { type DType, toFloat32, toNumbers } from "@prune/core";
import { expect, test } from "vitest";
import { failureOf } from "../../test/failure.ts";
import {
  bytes,
  f32,
  fixed32,
  fixed64,
  i64,
  initializer,
  int,
  raw,
  reluModel,
  tensor,
  text,
  varint,
} from "../../test/wire-bytes.ts";
import { readOnnx } from "./read-model.ts";

/** The parameter "w" of a model that has it as an initializer. */
function parameter(dims: readonly number[], dataType: number, ...data: readonly number[][]) {
  return readOnnx(reluModel(initializer("w", dims, dataType, ...data)), { source: "net.onnx" }).parameters.get("w")!;
}

/** Packed varints in the given field. */
function packed(field: number, ...values: readonly (number | bigint)[]): number[] {
  return bytes(field, ...values.map(varint));
}

test("raw_data is a view into the file", () => {
  const file = reluModel(initializer("w", [2], 1, raw(...f32(1, -2))));
  const w = readOnnx(file).parameters.get("w")!;
  expect(w).toMatchObject({ name: "w", dtype: "float32", dims: [2] });
  expect([...toFloat32(w)]).toEqual([1, -2]);
  expect(w.bytes().buffer).toBe(file.buffer);
});

test("packed float_data is a view too", () => {
  const file = reluModel(initializer("w", [3], 1, bytes(4, f32(1, 2, 3))));
  const w = readOnnx(file).parameters.get("w")!;
  expect([...toFloat32(w)]).toEqual([1, 2, 3]);
  expect(w.bytes().buffer).toBe(file.buffer);
});

test.each<[DType, number, number[], number[]]>([
  ["float32", 1, [...fixed32(4, 1.5), ...fixed32(4, -2)], [1.5, -2]],
  ["float32", 1, [...fixed32(4, 1.5), ...bytes(4, f32(2, 3)), ...fixed32(4, 4)], [1.5, 2, 3, 4]],
  ["uint8", 2, packed(5, 1, 255), [1, 255]],
  ["int8", 3, packed(5, -1, 127), [-1, 127]],
  ["uint16", 4, packed(5, 1, 65535), [1, 65535]],
  ["int16", 5, packed(5, -2, 300), [-2, 300]],
  ["int32", 6, packed(5, -2, 2 ** 31 - 1), [-2, 2 ** 31 - 1]],
  ["int32", 6, [...int(5, 7), ...packed(5, 8, -9)], [7, 8, -9]],
  ["int64", 7, packed(7, -1, 2 ** 40), [-1, 2 ** 40]],
  ["int64", 7, [...int(7, -1), ...int(7, 1)], [-1, 1]],
  ["bool", 9, packed(5, 1, 0), [1, 0]],
  ["float16", 10, packed(5, 0x3c00, 0xc000), [1, -2]],
  ["float64", 11, [...fixed64(10, 0.1), ...fixed64(10, 7)], [0.1, 7]],
  ["float64", 11, bytes(10, new Uint8Array(Float64Array.of(0.1, 7).buffer)), [0.1, 7]],
  ["uint32", 12, packed(11, 1, 2 ** 32 - 1), [1, 2 ** 32 - 1]],
  ["uint64", 13, packed(11, 1, 2 ** 50), [1, 2 ** 50]],
  ["bfloat16", 16, packed(5, 0x3f80, 0xc000), [1, -2]],
])("%s (type %i) from its typed field", (dtype, dataType, data, values) => {
  const w = parameter([values.length], dataType, data);
  expect(w.dtype).toBe(dtype);
  expect(toNumbers(w)).toEqual(values);
});

test("scalars, empty tensors, and types that are only carried along", () => {
  expect(toNumbers(parameter([], 7, raw(...i64(9))))).toEqual([9]);
  expect(toNumbers(parameter([0, 3], 1))).toEqual([]);
  expect(toNumbers(parameter([2], 7, bytes(1, []), packed(7, 1, 2)))).toEqual([1, 2]);
  expect(parameter([2], 8, text(6, "a"), text(6, "b"))).toMatchObject({ dtype: "string", dims: [2] });
  expect(parameter([4], 17, raw(1, 2, 3, 4))).toMatchObject({ dtype: "other", dims: [4] });
});

const FIX = "The file is damaged or not an ONNX model; export or download it again.";

test.each<[string, readonly number[], number, number[], string]>([
  ["raw_data too short", [3], 1, raw(0, 0, 0, 0), "dims [3] of float32 need 12 bytes, raw_data has 4"],
  ["raw_data too long", [1], 6, raw(...i64(1)), "dims [1] of int32 need 4 bytes, raw_data has 8"],
  ["too few elements", [2, 2], 7, packed(7, 1, 2, 3), "dims [2, 2] of int64 need 4 elements, the file has 3"],
  ["no data at all", [2], 1, [], "dims [2] of float32 need 2 elements, the file has 0"],
  ["data in another type's field", [1], 1, packed(7, 1), "dims [1] of float32 need 1 elements, the file has 0"],
  ["strings missing", [2], 8, text(6, "a"), "dims [2] of string need 2 elements, the file has 1"],
])("%s is an error", (_, dims, dataType, data, problem) => {
  expect(failureOf(() => parameter(dims, dataType, data))).toEqual({
    code: "bad-model",
    message: expect.stringMatching(/^net\.onnx: TensorProto at byte \d+: tensor "w"/) as string,
  });
  expect(failureOf(() => parameter(dims, dataType, data)).message).toMatch(`tensor "w": ${problem}. ${FIX}`);
});

test.each<[string, number[], string]>([
  ["a negative size", int(1, -4), 'tensor "w" has the negative size -4 in dims [-4]'],
  [
    "2^62 elements",
    [...int(1, 2 ** 31), ...int(1, 2 ** 31)],
    'tensor "w" has too many elements: dims [2147483648, 2147483648]',
  ],
  ["a size of 2^63 - 1", int(1, 2n ** 63n - 1n), 'tensor "w" has too many elements: dims [9223372036854776000]'],
  [
    "sizes that overflow to 0",
    [...int(1, 2n ** 62n), ...int(1, 4)],
    'tensor "w" has too many elements: dims [4611686018427388000, 4]',
  ],
])("%s is an error", (_, dims, problem) => {
  const file = reluModel(bytes(5, dims, tensor("w", [], 1, raw(0, 0, 0, 0))));
  expect(failureOf(() => readOnnx(file)).message).toMatch(`${problem}. ${FIX}`);
});

test("a packed field that ends inside an element is an error", () => {
  expect(failureOf(() => parameter([1], 1, bytes(4, [0, 0, 0]))).message).toMatch(
    "field 4 is 3 bytes long, not a multiple of 4",
  );
  expect(failureOf(() => parameter([1], 7, bytes(7, [0x80]))).message).toMatch(
    "field 7 ends in the middle of an integer",
  );
});
