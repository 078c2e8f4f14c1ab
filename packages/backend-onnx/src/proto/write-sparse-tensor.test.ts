import { float32Tensor, toFloat32, toNumbers, tensorOf, type Graph, type Tensor } from "@prune/core";
import { Network } from "@prune/core/testing";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { concat } from "./chunk.ts";
import { readOnnx } from "./read-model.ts";
import { encodeModel } from "./write-model.ts";

/** A graph that adds a parameter to its input. */
function graphWith(tensor: Tensor): Graph {
  const net = new Network();
  const graph = net.graph(net.op("Add", [net.input("x", [...tensor.dims]), "w"]));
  return { ...graph, parameters: new Map([["w", tensor]]) };
}

const written = (graph: Graph, sparse = true): Uint8Array => concat(encodeModel(graph, { sparse }).chunks);
const isSparse = (tensor: Tensor): boolean => (tensor.origin as { sparse: boolean }).sparse;

/** 40 numbers of which the first few are not zero, from the last place backwards. */
const mostlyZero = (count: number): Float32Array =>
  Float32Array.from({ length: 40 }, (_, i) => (39 - i < count ? i + 1 : 0));

test("a tensor with two numbers in forty is read back as it was, from a smaller file", () => {
  const graph = graphWith(float32Tensor("w", mostlyZero(2), [5, 8]));
  const file = written(graph);
  expect(file.length).toBeLessThan(written(graph, false).length);
  const w = readOnnx(file).parameters.get("w")!;
  expect(isSparse(w)).toBe(true);
  expect(w.dims).toEqual([5, 8]);
  expect(toFloat32(w)).toEqual(mostlyZero(2));
});

test("what was written sparse is written back byte for byte", () => {
  const file = written(graphWith(float32Tensor("w", mostlyZero(2), [5, 8])));
  expect(written(readOnnx(file), false)).toEqual(file);
  expect(written({ ...readOnnx(file), name: "renamed" }, false).length).toBe(file.length + "renamed".length - readOnnx(file).name.length); // prettier-ignore
});

describe("stays dense", () => {
  test("where that is no larger", () => {
    const graph = graphWith(float32Tensor("w", mostlyZero(9), [5, 8]));
    expect(written(graph)).toEqual(written(graph, false));
  });

  test("unless it is asked for", () => {
    const graph = graphWith(float32Tensor("w", mostlyZero(1), [5, 8]));
    expect(isSparse(readOnnx(concat(encodeModel(graph).chunks)).parameters.get("w")!)).toBe(false);
  });

  test("in files that are older than sparse tensors", () => {
    const file = written(graphWith(float32Tensor("w", mostlyZero(1), [5, 8])), false);
    expect([...file.slice(0, 2)]).toEqual([8, 8]); // the version of the format, 8
    file[1] = 5;
    expect(isSparse(readOnnx(written(readOnnx(file))).parameters.get("w")!)).toBe(false);
  });
});

test("−0 is kept", () => {
  const values = new Float32Array(40);
  values[3] = -0;
  const w = readOnnx(written(graphWith(float32Tensor("w", values, [40])))).parameters.get("w")!;
  expect(isSparse(w)).toBe(true);
  expect(Object.is(toNumbers(w)[3], -0)).toBe(true);
});

test("every tensor survives, whatever its type and its zeros", () => {
  const element = { float32: 4, float64: 8, float16: 2, int8: 1, int64: 8 } as const;
  const tensor = fc
    .tuple(fc.constantFrom(...(Object.keys(element) as (keyof typeof element)[])), fc.integer({ min: 1, max: 60 }))
    .chain(([dtype, size]) =>
      fc
        .array(fc.oneof({ weight: 9, arbitrary: fc.constant(0) }, fc.nat(255)), {
          minLength: size * element[dtype],
          maxLength: size * element[dtype],
        })
        .map((bytes) => tensorOf("w", dtype, [size], Uint8Array.from(bytes))),
    );
  fc.assert(
    fc.property(tensor, (before) => {
      const graph = graphWith(before);
      const file = written(graph);
      expect(file.length).toBeLessThanOrEqual(written(graph, false).length);
      expect([...readOnnx(file).parameters.get("w")!.bytes()]).toEqual([...before.bytes()]);
    }),
  );
});
