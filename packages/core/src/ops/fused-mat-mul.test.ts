import { expect, test } from "vitest";
import { linkTexts, type OpSpec } from "../testing/op-context.ts";
import { fusedMatMuls } from "./fused-mat-mul.ts";

const [fusedMatMul] = fusedMatMuls;
const spec = (attributes: NonNullable<OpSpec["attributes"]>, a: readonly number[], y: readonly number[]): OpSpec => ({
  type: "FusedMatMul",
  domain: "com.microsoft",
  in: [a, { dims: [7, 3], weight: true }],
  out: [y],
  attributes,
});

test("A: [2, 3, 5] and B: [7, 3], both transposed: 3 is summed over, 5 and 7 are left", () => {
  expect(linkTexts(fusedMatMul!, spec({ transA: 1, transB: 1 }, [2, 3, 5], [2, 5, 7]))).toEqual([
    "x0.1 = x1.1",
    "x0.2 = y0.1",
    "x1.0 = y0.2",
    "x0.0 = y0.0",
    "feature x1.1",
    "feature x1.0",
  ]);
});

test("with batch axes moved everything stays whole", () => {
  const links = linkTexts(fusedMatMul!, spec({ transBatchA: 1, transB: 1 }, [2, 5, 3], [5, 2, 7]));
  expect(links.every((link) => link.startsWith("pin "))).toBe(true);
});

test("multiply-accumulates: elements of Y by the length that is summed over", () => {
  const { attributes } = { attributes: { transA: { type: "int", value: 1 } } } as const;
  const node = { name: "", opType: "FusedMatMul", domain: "com.microsoft", inputs: [], outputs: [], attributes };
  expect(fusedMatMul!.macs!({ node, in: [[2, 3, 5], [3, 7]], out: [[2, 5, 7]] })).toBe(2 * 5 * 7 * 3); // prettier-ignore
});
