import { readFileSync } from "node:fs";
import { isPruneError } from "@prune/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { arbitraryGraph } from "../../test/arbitrary-graph.ts";
import { concat } from "./chunk.ts";
import { readOnnx } from "./read-model.ts";
import { encodeModel } from "./write-model.ts";

/** Reads a file and everything in it, then writes it changed. Whatever is wrong with it must come as a PruneError. */
function survive(file: Uint8Array): void {
  try {
    const graph = readOnnx(file);
    let held = 0;
    for (const tensor of graph.parameters.values()) held += tensor.bytes().length;
    expect(held).toBeLessThan(16 * file.length + 1024); // at most 8 bytes from 1, as varints may be
    encodeModel({ ...graph, name: "changed" });
  } catch (error) {
    if (!isPruneError(error)) throw error;
    expect(["bad-model", "unsupported"]).toContain(error.code);
    expect(error.message).toMatch(/\.$/);
  }
}

const file = arbitraryGraph().map((graph) => concat(encodeModel(graph).chunks));
const flips = fc.array(fc.record({ at: fc.nat(), byte: fc.nat(255) }), { minLength: 1, maxLength: 8 });

test("a file cut off anywhere", () => {
  fc.assert(
    fc.property(file, fc.nat(), (bytes, at) => survive(bytes.subarray(0, at % bytes.length))),
    { numRuns: 300 },
  );
});

test("a file with some bytes changed", () => {
  fc.assert(
    fc.property(file, flips, (bytes, changes) => {
      const damaged = bytes.slice();
      for (const { at, byte } of changes) damaged[at % damaged.length] = byte;
      survive(damaged);
    }),
    { numRuns: 1000 },
  );
});

test("a file with bytes left out or put in", () => {
  fc.assert(
    fc.property(file, fc.nat(), fc.nat(20), fc.uint8Array({ maxLength: 20 }), (bytes, at, gone, extra) => {
      const from = at % bytes.length;
      survive(Uint8Array.from([...bytes.subarray(0, from), ...extra, ...bytes.subarray(from + gone)]));
    }),
    { numRuns: 300 },
  );
});

test("any bytes at all, with or without a good start", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => survive(bytes)),
    { numRuns: 500 },
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => survive(Uint8Array.of(8, 8, 58, bytes.length, ...bytes))),
    { numRuns: 500 },
  );
});

test("a real network, damaged", () => {
  const network = new Uint8Array(
    readFileSync(new URL("../../../../fixtures/fashion-mnist/fashion_resnet.onnx", import.meta.url)),
  );
  // Half of the damage goes to the nodes at the start of the file; most of the rest is weights, where nothing shows.
  const at = fc.oneof(fc.nat(20_000), fc.nat(network.length - 1));
  fc.assert(
    fc.property(fc.array(fc.record({ at, byte: fc.nat(255) }), { minLength: 1, maxLength: 4 }), (changes) => {
      const damaged = network.slice();
      for (const { at, byte } of changes) damaged[at] = byte;
      survive(damaged);
    }),
    { numRuns: 200 },
  );
  fc.assert(
    fc.property(at, (end) => survive(network.subarray(0, end))),
    { numRuns: 50 },
  );
});
