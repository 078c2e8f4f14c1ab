// Runs in a folder where the packed packages and onnxruntime-node are installed. Argument: the fixtures folder.
import assert from "node:assert/strict";
import { loadOnnx } from "@prune/backend-onnx/node";

for (const name of ["@prune/core", "@prune/scorer-magnitude", "@prune/pruner-neuron", "@prune/backend-onnx"]) {
  assert.equal(typeof (await import(name)), "object");
}

const model = await loadOnnx("relu.onnx");
const session = await model.runtime.open(model.graph);
const { y } = await session.run({ x: { dtype: "float32", dims: [1], data: new Float32Array([-1]) } });
assert.deepEqual([...y.data], [0]);
await session.release();
console.log("with a runtime: a model runs");
