// Runs in a folder where the packed packages are installed and onnxruntime-node is not.
// Models can be read, changed and saved there; running one must say what to install.
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { isPruneError } from "@prune/core";
import { loadOnnx } from "@prune/backend-onnx/node";

await assert.rejects(import("onnxruntime-node"), { code: "ERR_MODULE_NOT_FOUND" });

/** An ONNX model of a single Relu. */
const relu = "CAg6MwoMCgF4EgF5IgRSZWx1EgFnWg8KAXgSCgoICAESBAoCCAFiDwoBeRIKCggIARIECgIIAUICEA0=";
await writeFile("relu.onnx", Buffer.from(relu, "base64"));

const model = await loadOnnx("relu.onnx");
assert.deepEqual(
  model.graph.nodes.map((node) => node.opType),
  ["Relu"],
);
await model.save("copy.onnx");

await assert.rejects(
  async () => {
    const session = await model.runtime.open(model.graph);
    await session.run({ x: { dtype: "float32", dims: [1], data: new Float32Array([-1]) } });
  },
  (error) => {
    assert.ok(isPruneError(error), String(error));
    assert.equal(error.code, "missing-dependency");
    assert.match(error.message, /npm install onnxruntime-node/);
    console.log(`without a runtime: ${error.message}`);
    return true;
  },
);
