import { float32Tensor, tensorOf, type Graph, type Tensor } from "@prune/core";
import { Network } from "@prune/core/testing";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { loadOnnx, saveOnnx } from "../src/node/index.ts";

/** `y = x + w`. */
function adding(w: Tensor): Graph {
  const net = new Network();
  const graph = net.graph(net.op("Add", [net.input("x", [...w.dims]), "w"], {}, undefined, "y"));
  const [input, output] = [graph.inputs, graph.outputs].map(([v]) => ({ ...v!, dtype: w.dtype }));
  return { ...graph, inputs: [input!], outputs: [output!], parameters: new Map([["w", w]]) };
}

const zeros = new Float32Array(90);
const some = zeros.map((_, i) => (i % 17 === 3 ? i - 40 : 0));

test.each([
  ["float32", float32Tensor("w", some, [9, 10])],
  ["float32, of zeros alone", float32Tensor("w", zeros, [9, 10])],
  ["float64", tensorOf("w", "float64", [9, 10], new Uint8Array(Float64Array.from(some).buffer))],
  ["int64", tensorOf("w", "int64", [90], new Uint8Array(BigInt64Array.from(some, (v) => BigInt(v)).buffer))],
])("ONNX Runtime adds what was stored sparse: %s", async (_, w) => {
  const folder = await mkdtemp(join(tmpdir(), "prune-sparse-"));
  try {
    const [sparse, dense] = [join(folder, "sparse.onnx"), join(folder, "dense.onnx")];
    await saveOnnx({ graph: adding(w) }, sparse, { sparse: true });
    await saveOnnx({ graph: adding(w) }, dense);
    expect((await stat(sparse)).size).toBeLessThan((await stat(dense)).size);
    const { graph, runtime } = await loadOnnx(sparse);
    // Opened from the file's own bytes, as anybody would.
    const session = await runtime.open(graph);
    const x = w.dtype === "int64" ? new BigInt64Array(90) : w.dtype === "float64" ? new Float64Array(90) : new Float32Array(90); // prettier-ignore
    const { y } = await session.run({ x: { dtype: w.dtype, dims: w.dims, data: x } });
    await session.release();
    expect(Array.from(y!.data as Float32Array, Number)).toEqual(Array.from(w.name && w.bytes().some(Boolean) ? some : zeros)); // prettier-ignore
  } finally {
    await rm(folder, { recursive: true });
  }
});
