// Runs in a folder where the packed packages are installed and onnxruntime-node is not. Argument: the fixtures folder.
import assert from "node:assert/strict";

await assert.rejects(import("onnxruntime-node"), { code: "ERR_MODULE_NOT_FOUND" });
assert.equal(typeof (await import("@prune/backend-onnx/node")), "object");
console.log("the Node entry loads without a runtime");
