import { expect, test } from "vitest";
import { linkTexts, opContext, type OpSpec } from "../testing/op-context.ts";
import { einsum } from "./einsum.ts";

const spec = (equation: string, inputs: OpSpec["in"], out: readonly number[]): OpSpec => ({
  type: "Einsum",
  in: inputs,
  out: [out],
  attributes: { equation },
});
const links = (equation: string, inputs: OpSpec["in"], out: readonly number[]): string[] =>
  linkTexts(einsum, spec(equation, inputs, out));

test("scores of attention: batch labels of two activations are heads, what is summed over needs zeros", () => {
  expect(
    links(
      "bhid,bhjd->bhij",
      [
        [2, 4, 5, 8],
        [2, 4, 6, 8],
      ],
      [2, 4, 5, 6],
    ),
  ).toEqual([
    "x0.0 = x1.0",
    "x0.0 = y0.0",
    "heads y0.0",
    "x0.1 = x1.1",
    "x0.1 = y0.1",
    "heads y0.1",
    "x0.2 = y0.2",
    "x0.3 = x1.3",
    "needs-zero x0.3 or x1.3: is summed over by Einsum",
    "x1.2 = y0.3",
  ]);
});

test("a product with a weight contracts its inputs and yields its outputs", () => {
  const weight = { dims: [8, 4, 3], weight: true };
  expect(links("btd,dhk->bthk", [[2, 5, 8], weight], [2, 5, 4, 3])).toEqual([
    "x0.0 = y0.0",
    "x0.1 = y0.1",
    "x0.2 = x1.0",
    "feature x1.0",
    "x1.1 = y0.2",
    "feature x1.1",
    "x1.2 = y0.3",
    "feature x1.2",
  ]);
});

test("what a weight contracts is its input side", () => {
  const weight = { dims: [3, 4], weight: true };
  const found = einsum.links!(opContext(spec("bi,oi->bo", [[2, 4], weight], [2, 3])));
  expect(found.filter((link) => link.kind === "feature")).toEqual([
    { kind: "feature", axis: { value: "x1", axis: 1 }, role: "input" },
    { kind: "feature", axis: { value: "x1", axis: 0 }, role: "output" },
  ]);
});

test("an ellipsis stands for axes that broadcast, aligned at the last", () => {
  expect(
    links(
      "...ij,...jk->...ik",
      [
        [2, 3, 4, 5],
        [1, 5, 6],
      ],
      [2, 3, 4, 6],
    ),
  ).toEqual([
    "x0.0 = y0.0",
    "x0.1 = y0.1",
    "x0.2 = y0.2",
    "x0.3 = x1.1",
    "needs-zero x0.3 or x1.1: is summed over by Einsum",
    "x1.2 = y0.3",
  ]);
});

test("a diagonal is pinned", () => {
  expect(links("bii->bi", [[2, 3, 3]], [2, 3])).toEqual([
    "x0.0 = y0.0",
    "x0.1 = x0.2",
    "pin x0.1: is taken along a diagonal by Einsum",
    "x0.1 = y0.1",
  ]);
});

test("without a right side the labels that occur once are kept, sorted", () => {
  expect(
    links(
      "kj, ji",
      [
        [2, 3],
        [3, 4],
      ],
      [4, 2],
    ),
  ).toEqual(["x0.0 = y0.1", "x0.1 = x1.0", "needs-zero x0.1 or x1.0: is summed over by Einsum", "x1.1 = y0.0"]);
});

test("a permutation only moves", () => {
  expect(links("ij->ji", [[2, 3]], [3, 2])).toEqual(["x0.0 = y0.1", "x0.1 = y0.0"]);
});

test("zero where any operand is", () => {
  const context = opContext(
    spec(
      "ij,jk->ik",
      [
        [2, 3],
        [3, 4],
      ],
      [2, 4],
    ),
  );
  expect(einsum.zero!([true, undefined], context)).toBe(true);
  expect(einsum.zero!([false, undefined], context)).toBe(false);
});

test("MACs of a product are the product of all sizes; a single operand costs none", () => {
  const macs = (equation: string, shapes: number[][], out: number[]): number =>
    einsum.macs!({ node: opContext(spec(equation, shapes, out)).node, in: shapes, out: [out] });
  expect(
    macs(
      "bhid,bhjd->bhij",
      [
        [2, 4, 5, 8],
        [2, 4, 6, 8],
      ],
      [2, 4, 5, 6],
    ),
  ).toBe(2 * 4 * 5 * 6 * 8);
  expect(
    macs(
      "...ij,...jk->...ik",
      [
        [2, 3, 4, 5],
        [1, 5, 6],
      ],
      [2, 3, 4, 6],
    ),
  ).toBe(2 * 3 * 4 * 5 * 6);
  expect(macs("ij->i", [[2, 3]], [2])).toBe(0);
});
