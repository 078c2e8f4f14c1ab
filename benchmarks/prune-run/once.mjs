// The unit: loads a model into ONNX Runtime and runs it once, two threads.   node once.mjs MODEL.onnx
import { createRequire } from "node:module";

const ort = createRequire(new URL("../../packages/cli/package.json", import.meta.url))("onnxruntime-node");
const session = await ort.InferenceSession.create(process.argv[2], { intraOpNumThreads: 2 });
const feeds = {};
for (const input of session.inputMetadata) {
  const dims = input.shape.map((d, i) =>
    typeof d === "number" && d > 0 ? d : i === 0 ? 1 : input.shape.length >= 4 ? 64 : 16,
  );
  const size = dims.reduce((a, b) => a * b, 1);
  const data = input.type === "int64" ? new BigInt64Array(size).fill(1n) : new Float32Array(size).fill(0.5);
  feeds[input.name] = new ort.Tensor(input.type, data, dims);
}
await session.run(feeds);
