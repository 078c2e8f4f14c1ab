export * from "../index.ts";
export type { FileSystem, OutputHandle } from "./file-system.ts";
export { filesBeside } from "./files-beside.ts";
export { fixFor } from "./fix-for.ts";
export { loadOnnx, type LoadOptions } from "./load-onnx.ts";
export { onnxruntimeNode } from "./onnxruntime-node.ts";
export { readFileBytes } from "./read-file.ts";
export { saveOnnx, type SaveOptions } from "./save-onnx.ts";
export { workerOrt } from "./worker-ort.ts";
