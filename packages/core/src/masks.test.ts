import fc from "fast-check";
import { expect, test } from "vitest";
import { Masks, packed, unpacked } from "./masks.ts";
import { LazyMap } from "./stored.ts";

test("takes a bit per element, the first in the lowest bit", () => {
  expect([...packed(Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0, 1, 1))]).toEqual([1, 3]);
});

test("unpacks what was packed", () => {
  const mask = fc.uint8Array({ max: 1 });
  fc.assert(
    fc.property(mask, (m) => {
      expect(unpacked(packed(m), m.length)).toEqual(m);
    }),
  );
});

test("is read like any map, and each time anew", () => {
  const masks = new Masks(new Map([["a", Uint8Array.of(1, 0)]]));
  masks.add("b", Uint8Array.of(0, 1, 1));
  expect([...masks]).toEqual([["a", Uint8Array.of(1, 0)], ["b", Uint8Array.of(0, 1, 1)]]); // prettier-ignore
  expect([masks.size, masks.has("b"), masks.get("c")]).toEqual([2, true, undefined]);
  expect([...masks.keys(), ...[...masks.values()].map((m) => m.length)]).toEqual(["a", "b", 2, 3]);
  expect(masks.get("b")).not.toBe(masks.get("b"));
});

test("a map is not asked before somebody asks", () => {
  let asked = 0;
  const map = new LazyMap<number>(new LazyMap<number>());
  map.set("a", () => ++asked);
  const copy = new LazyMap<number>(map);
  expect([copy.size, asked]).toEqual([1, 0]);
  copy.forEach((value, name) => expect([value, name]).toEqual([1, "a"]));
});
