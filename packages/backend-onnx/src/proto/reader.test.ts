import { expect, test } from "vitest";
import { failureOf } from "../../test/failure.ts";
import { bytes, int, text, varint } from "../../test/wire-bytes.ts";
import { inputOf, Reader } from "./reader.ts";

function readerOf(...fields: readonly number[][]): Reader {
  return new Reader(inputOf(Uint8Array.from(fields.flat()), "net.onnx"), "TestProto");
}

/** The integer in field 1 of a message. */
function integer(...encoded: number[]): number | bigint {
  const r = readerOf([8, ...encoded]);
  r.next();
  return r.int64();
}

test("integers of one to ten bytes", () => {
  expect(integer(0)).toBe(0);
  expect(integer(0x7f)).toBe(127);
  expect(integer(0xac, 0x02)).toBe(300); // the example of protobuf's own documentation
  expect(integer(...varint(2 ** 31))).toBe(2 ** 31);
  expect(integer(...varint(2 ** 32 + 5))).toBe(2 ** 32 + 5);
  expect(integer(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01)).toBe(-1);
  expect(integer(...varint(-(2 ** 40)))).toBe(-(2 ** 40));
});

test("integers that a number cannot hold come as bigint", () => {
  expect(integer(...varint(2n ** 53n - 1n))).toBe(2 ** 53 - 1);
  expect(integer(...varint(2n ** 53n))).toBe(2n ** 53n);
  expect(integer(...varint(2n ** 63n - 1n))).toBe(2n ** 63n - 1n);
  expect(integer(...varint(-(2n ** 63n)))).toBe(-(2n ** 63n));
});

test("fields in turn, unknown ones passed over with all their bytes", () => {
  const r = readerOf(int(1, 5), bytes(200, [1, 2, 3]), text(3, "häi"));
  expect(r.next() && r.field).toBe(1);
  expect(r.int()).toBe(5);
  expect(r.next() && r.field).toBe(200);
  expect([...r.whole()]).toEqual(bytes(200, [1, 2, 3]));
  expect(r.next() && r.string()).toBe("häi");
  expect(r.next()).toBe(false);
});

test("the same text is the same string, also where bytes only look alike", () => {
  const r = readerOf(text(1, "conv1"), text(1, "conv1"), text(1, "é"), text(1, "Ã©"), text(1, "\uFEFFx"));
  const texts: string[] = [];
  while (r.next()) texts.push(r.string());
  expect(texts).toEqual(["conv1", "conv1", "é", "Ã©", "\uFEFFx"]);
});

/** Reads everything there is, each field as what its wire type says. */
function readAll(...encoded: number[]): () => void {
  return () => {
    const r = readerOf(encoded);
    while (r.next()) r.skip();
  };
}

const DAMAGED = "The file is damaged or not an ONNX model; export or download it again.";
const TRUNCATED = "The file is truncated or damaged; export or download it again.";

test.each([
  ["a length beyond the end", [10, 5, 1, 2], `needs 5 bytes, but only 2 are left. ${TRUNCATED}`],
  [
    "a length beyond any file",
    [10, ...varint(2 ** 40)],
    `needs 1099511627776 bytes, but only 0 are left. ${TRUNCATED}`,
  ],
  ["a length of 2^60", [10, ...varint(2n ** 60n)], `a length is beyond 2^53. ${DAMAGED}`],
  ["half an integer", [8, 0x80], `needs 2 bytes, but only 1 is left. ${TRUNCATED}`],
  [
    "an integer without end",
    [8, ...Array<number>(12).fill(0x80)],
    `field 1 is an integer of more than 10 bytes. ${DAMAGED}`,
  ],
  ["half a float", [13, 0, 0], `needs 4 bytes, but only 2 are left. ${TRUNCATED}`],
  ["a group", [11], `field 1 has wire type 3, which ONNX does not use. ${DAMAGED}`],
  ["field 0", [0, 0], `field number 0 does not exist. ${DAMAGED}`],
])("%s is an error", (_, encoded, problem) => {
  const separator = problem.startsWith("needs") ? " " : ": ";
  expect(failureOf(readAll(...encoded))).toEqual({
    code: "bad-model",
    message: `net.onnx: TestProto at byte 0${separator}${problem}`,
  });
});

test("text that is not UTF-8 is an error", () => {
  const r = readerOf(int(1, 1), bytes(2, [0x66, 0xff, 0x66]));
  const read = () => {
    while (r.next())
      if (r.field === 2) r.string();
      else r.skip();
  };
  expect(failureOf(read)).toEqual({
    code: "bad-model",
    message: `net.onnx: TestProto at byte 2: field 2 should be text, but is not valid UTF-8. ${DAMAGED}`,
  });
});

test("a field of another wire type than expected is an error", () => {
  const r = readerOf(int(1, 1));
  r.next();
  expect(failureOf(() => r.string()).message).toBe(
    `net.onnx: TestProto at byte 0: field 1 has wire type 0, not 2. ${DAMAGED}`,
  );
});
