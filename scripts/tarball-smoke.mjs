// Runs in a folder where the packed packages and onnxruntime-node are installed. Argument: the fixtures folder.
import assert from "node:assert/strict";

const core = await import("@prune/core");
const magnitude = await import("@prune/scorer-magnitude");
const neuron = await import("@prune/pruner-neuron");
const onnx = await import("@prune/backend-onnx");
const node = await import("@prune/backend-onnx/node");
for (const module of [core, magnitude, neuron, onnx, node]) assert.equal(typeof module, "object");

const { InferenceSession } = await import("onnxruntime-node");
assert.equal(typeof InferenceSession.create, "function");
console.log("tarball smoke test: imports work");
