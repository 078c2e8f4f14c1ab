export * from "../index.ts";
export { loadOnnx, type LoadOptions } from "./load-onnx.ts";
export { saveOnnx } from "./save-onnx.ts";
