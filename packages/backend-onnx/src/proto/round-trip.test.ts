import { readFileSync } from "node:fs";
import type { Graph } from "@prune/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { arbitraryGraph, plain, withoutOrigins } from "../../test/arbitrary-graph.ts";
import { bytes, text } from "../../test/wire-bytes.ts";
import { concat } from "./chunk.ts";
import { readOnnx } from "./read-model.ts";
import { encodeModel } from "./write-model.ts";

function encode(graph: Graph): Uint8Array {
  return concat(encodeModel(graph).chunks);
}

test("read(write(g)) equals g", () => {
  fc.assert(
    fc.property(arbitraryGraph(), (graph) => {
      const { chunks, length } = encodeModel(graph);
      const file = concat(chunks);
      expect(file.length).toBe(length);
      expect(plain(readOnnx(file))).toEqual(plain(graph));
    }),
  );
});

test("write(read(x)) equals x, whatever unknown fields follow", () => {
  fc.assert(
    fc.property(arbitraryGraph(), fc.string(), (graph, future) => {
      const file = Uint8Array.from([...encode(graph), ...text(77, future), ...bytes(14, text(1, future))]);
      expect(encode(readOnnx(file))).toBe(file);
    }),
  );
});

test("a graph that changed in one place reads back as changed, and the rest as it was", () => {
  fc.assert(
    fc.property(arbitraryGraph(), fc.nat(), (made, pick) => {
      const graph = readOnnx(encode(made));
      const nodes = graph.nodes.map((node, i) => (i === pick % 5 ? { ...node, name: "changed" } : node));
      const changed = { ...graph, nodes };
      expect(plain(readOnnx(encode(changed)))).toEqual(plain(changed));
    }),
  );
});

test("encoding everything anew means the same as copying it", () => {
  fc.assert(
    fc.property(arbitraryGraph(2), (made) => {
      const graph = readOnnx(encode(made));
      expect(plain(readOnnx(encode(withoutOrigins(graph))))).toEqual(plain(graph));
    }),
    { numRuns: 50 },
  );
});

test.each(["fashion_resnet", "fashion_mlp"])("%s, a file from PyTorch", (name) => {
  const file = new Uint8Array(
    readFileSync(new URL(`../../../../fixtures/fashion-mnist/${name}.onnx`, import.meta.url)),
  );
  const graph = readOnnx(file);
  expect(encode(graph)).toBe(file);
  const renamed = readOnnx(encode({ ...graph, name: "renamed" }));
  expect(plain(renamed)).toEqual({ ...(plain(graph) as object), name: "renamed" });
  expect(plain(readOnnx(encode(withoutOrigins(graph))))).toEqual(plain(graph));
});
