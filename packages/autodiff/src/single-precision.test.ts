import { float32Tensor, type Graph, nodeOf, tensorOf, toFloat32 } from "@prune/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { encodeFloats, singlePrecision } from "./single-precision.ts";

const half = (bytes: Uint8Array): number => toFloat32(tensorOf("x", "float16", [bytes.length / 2], bytes))[0]!;
const bits = (bytes: Uint8Array): number[] => [...new Uint16Array(bytes.slice().buffer)];

test("numbers as half precision", () => {
  // 1, −2, the smallest subnormal, a tie that rounds to even, and one beyond the range.
  const values = Float32Array.of(1, -2, 2 ** -24, 1 + 2 ** -11, 1e6, 0);
  expect(bits(encodeFloats(values, "float16"))).toEqual([0x3c00, 0xc000, 0x0001, 0x3c00, 0x7bff, 0]);
  expect(bits(encodeFloats(Float32Array.of(1, -2), "bfloat16"))).toEqual([0x3f80, 0xc000]);
});

test("every half-precision number survives the way there and back", () => {
  const finite = fc.integer({ min: 0, max: 0xffff }).filter((n) => (n & 0x7c00) !== 0x7c00);
  fc.assert(
    fc.property(finite, (n) => {
      const value = half(new Uint8Array(Uint16Array.of(n).buffer));
      expect(bits(encodeFloats(Float32Array.of(value), "float16"))).toEqual([n]);
    }),
  );
});

test("a half-precision network becomes a float32 one", () => {
  const weight = tensorOf("w", "float16", [2], new Uint8Array(Uint16Array.of(0x3c00, 0x4000).buffer));
  const graph: Graph = {
    name: "half",
    nodes: [nodeOf("Mul", ["x", "w"], ["m"]), nodeOf("Cast", ["m"], ["y"], { to: 10 })],
    inputs: [{ name: "x", dtype: "float16", dims: [2] }],
    outputs: [{ name: "y", dtype: "float16", dims: [2] }],
    parameters: new Map([["w", weight]]),
    opsets: new Map([["", 17]]),
  };
  const single = singlePrecision(graph);
  expect([single.inputs[0]!.dtype, single.outputs[0]!.dtype]).toEqual(["float32", "float32"]);
  expect(single.nodes[1]!.attributes["to"]).toEqual({ type: "int", value: 1 });
  expect([...toFloat32(single.parameters.get("w")!)]).toEqual([1, 2]);
  expect(singlePrecision({ ...graph, parameters: new Map([["w", float32Tensor("w", [1, 2])]]) }).parameters.get("w")!.dtype).toBe("float32"); // prettier-ignore
});
