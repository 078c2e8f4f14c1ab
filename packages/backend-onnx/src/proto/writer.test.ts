import fc from "fast-check";
import { expect, test } from "vitest";
import { bytes, fixed32, int, text } from "../../test/wire-bytes.ts";
import { concat } from "./chunk.ts";
import { inputOf, Reader } from "./reader.ts";
import { Writer } from "./writer.ts";

test("by hand: { 1: 300, 2: 'hi', 3: { 1: -1 }, 4: 1.5f }", () => {
  const w = new Writer();
  w.int(1, 300);
  w.string(2, "hi");
  w.message(3, (m) => m.int(1, -1));
  w.float(4, 1.5);
  const expected = [...int(1, 300), ...text(2, "hi"), ...bytes(3, int(1, -1)), ...fixed32(4, 1.5)];
  expect([...concat(w.finish())]).toEqual(expected);
  expect(w.length).toBe(expected.length);
});

test("large payloads are referred to, not copied", () => {
  const weights = new Uint8Array(5000).fill(7);
  const w = new Writer();
  w.message(7, (graph) => graph.message(5, (tensor) => tensor.bytes(9, weights)));
  expect(w.finish()[1]).toBe(weights);
  expect([...concat(w.finish())]).toEqual(bytes(7, bytes(5, bytes(9, weights))));
});

test("any fields are read back as they were written", () => {
  const field = fc.integer({ min: 1, max: 500 });
  const entry = fc.oneof(
    fc.record({ field, value: fc.maxSafeInteger() }),
    fc.record({ field, value: fc.uint8Array({ maxLength: 9000 }) }),
  );
  fc.assert(
    fc.property(fc.array(entry), (entries) => {
      const w = new Writer();
      for (const { field, value } of entries)
        if (typeof value === "number") w.int(field, value);
        else w.bytes(field, value);
      const r = new Reader(inputOf(concat(w.finish()), "net.onnx"), "TestProto");
      const found: { field: number; value: number | Uint8Array }[] = [];
      while (r.next()) found.push({ field: r.field, value: r.wire === 0 ? r.int() : r.view() });
      expect(found).toEqual(entries);
      expect(w.length).toBe(r.end);
    }),
  );
});
