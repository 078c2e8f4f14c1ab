import { expect, test } from "vitest";
import {
  describeNode,
  floatAttribute,
  intAttribute,
  intsAttribute,
  nodeOf,
  stringAttribute,
  withAttributes,
} from "./node.ts";

const node = nodeOf("Conv", ["x", "w"], ["y"], {
  group: 2,
  pads: [1, 1],
  auto_pad: "VALID",
  alpha: { type: "float", value: 0.5 },
});

test("plain values become attributes of their kind", () => {
  expect(node.attributes).toEqual({
    group: { type: "int", value: 2 },
    pads: { type: "ints", value: [1, 1] },
    auto_pad: { type: "string", value: "VALID" },
    alpha: { type: "float", value: 0.5 },
  });
});

test("reading an attribute, or what stands in for one that is missing or of another kind", () => {
  expect([intAttribute(node, "group", 1), intAttribute(node, "none", 1), intAttribute(node, "pads", 1)]).toEqual([
    2, 1, 1,
  ]);
  expect([floatAttribute(node, "alpha", 1), floatAttribute(node, "group", 1)]).toEqual([0.5, 1]);
  expect([stringAttribute(node, "auto_pad", ""), stringAttribute(node, "none", "NOTSET")]).toEqual(["VALID", "NOTSET"]);
  expect([intsAttribute(node, "pads"), intsAttribute(node, "group")]).toEqual([[1, 1], undefined]);
});

test("setting and removing attributes makes a new node", () => {
  const changed = withAttributes(node, { group: { type: "int", value: 1 }, pads: undefined });
  expect(Object.keys(changed.attributes)).toEqual(["group", "auto_pad", "alpha"]);
  expect(intAttribute(changed, "group", 0)).toBe(1);
  expect(intAttribute(node, "group", 0)).toBe(2);
});

test("how messages name a node", () => {
  expect(describeNode({ ...node, name: "block1/conv" })).toBe('Conv "block1/conv"');
  expect(describeNode(node)).toBe('Conv "y"');
  expect(describeNode({ ...node, outputs: [] })).toBe('Conv ""');
});
