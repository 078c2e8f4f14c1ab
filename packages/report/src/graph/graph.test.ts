import fc from "fast-check";
import { expect, test } from "vitest";
import { group, layer, node } from "../../test/sample.ts";
import { boxesOf } from "./box.ts";
import { drawPart } from "./draw-part.ts";
import { folded } from "./fold.ts";
import { partsOf } from "./parts.ts";

const groups = [group("g", 16, 8)];
const conv = layer("conv", [16, 8], "g");
const shown = (nodes: Parameters<typeof boxesOf>[0], layers = [conv]): unknown[] =>
  folded(boxesOf(nodes, layers, groups)).map((b) => [b.name, [b.opType, ...b.follows].join(" "), b.from]);

test("operations that go on in single file stand in the box of the layer they follow", () => {
  const nodes = [node("x", "Input", []), node("a", "Conv", [0], 0), node("bn", "BatchNormalization", [1]), node("r", "Relu", [2]), node("y", "Output", [3])]; // prettier-ignore
  expect(shown(nodes)).toEqual([
    ["x", "Input", []],
    ["a", "Conv BatchNormalization Relu", [0]],
    ["y", "Output", [1]],
  ]);
});

test("an activation that parts and meets again is one operation; a shortcut around a layer is not", () => {
  // x → a → (Sigmoid) Mul → b → Add with what b reads
  const nodes = [
    node("x", "Input", []),
    node("a", "Conv", [0], 0),
    node("s", "Sigmoid", [1]),
    node("m", "Mul", [1, 2]),
    node("b", "Conv", [3], 0),
    node("add", "Add", [3, 4]),
    node("y", "Output", [5]),
  ];
  expect(shown(nodes)).toEqual([
    ["x", "Input", []],
    ["a", "Conv Sigmoid Mul", [0]],
    ["b", "Conv", [1]],
    ["add", "Add", [1, 2]],
    ["y", "Output", [3]],
  ]);
});

test("what joins from beside, such as a mask, is left out; what leads to the first layer is not", () => {
  const nodes = [
    node("ids", "Input", []),
    node("mask", "Input", []),
    node("embed", "Gather", [0]),
    node("a", "Conv", [2], 0),
    node("masked", "Mul", [3, 1]),
    node("add", "Add", [4, 2]),
    node("y", "Output", [5]),
  ];
  expect(shown(nodes)).toEqual([
    ["ids", "Input", []],
    ["embed", "Gather", [0]],
    ["a", "Conv Mul", [1]],
    ["add", "Add", [2, 1]],
    ["y", "Output", [3]],
  ]);
});

test("parts end where one value is alive; those that look the same are drawn once", () => {
  const block = (start: number): ReturnType<typeof node>[] => [
    node(`b${start}`, "Conv", [start], 0),
    node(`c${start}`, "Conv", [start + 1], 0),
    node(`add${start}`, "Add", [start, start + 2]),
  ];
  const nodes = [node("x", "Input", []), node("stem", "Conv", [0], 0), ...block(1), ...block(4), ...block(7), node("y", "Output", [10])]; // prettier-ignore
  const parts = partsOf(folded(boxesOf(nodes, [conv], groups)));
  expect(parts.map(({ boxes, from, more }) => [boxes.map((b) => b.opType).join(" "), from, more])).toEqual([
    ["Input Conv", [[], [0]], 0],
    ["Conv Conv Add", [[-1], [0], [-1, 1]], 2],
    ["Output", [[-1]], 0],
  ]);
  const picture = drawPart(parts[1]!, "a block").text;
  expect(picture.match(/<rect class="box/g)).toHaveLength(3);
  expect(picture.match(/<path class="edge"/g)).toHaveLength(4);
  expect(picture).toContain("16 → 8");
});

test("no layer is lost or drawn twice, whatever the network looks like", () => {
  const shape = fc.array(fc.tuple(fc.array(fc.nat(), { minLength: 1, maxLength: 3 }), fc.boolean()), { minLength: 1, maxLength: 40 }); // prettier-ignore
  fc.assert(
    fc.property(shape, (list) => {
      const nodes = [node("x", "Input", []), ...list.map(([from, isLayer], i) => node(`n${i}`, "Op", [...new Set(from.map((n) => n % (i + 1)))], isLayer ? 0 : undefined))]; // prettier-ignore
      const read = new Set(nodes.flatMap(({ from }) => from));
      const ends = [...nodes.keys()].filter((i) => !read.has(i));
      const all = [...nodes, ...ends.map((i) => node(`out${i}`, "Output", [i]))];
      const boxes = partsOf(folded(boxesOf(all, [conv], groups))).flatMap((part) => Array.from({ length: part.more + 1 }, () => part.boxes).flat()); // prettier-ignore
      expect(boxes.filter((b) => b.layer)).toHaveLength(list.filter(([, isLayer]) => isLayer).length);
      for (const { from } of partsOf(folded(boxesOf(all, [conv], groups))))
        for (const [i, own] of from.entries()) for (const n of own) expect(n).toBeLessThan(i);
    }),
  );
});
