export { operators } from "./foreign/operators.ts";
export type { SavingOptions } from "./format/saving.ts";
export { fromLayersModel, type SavableModel, toLayersModel } from "./layers-model.ts";
export type { TfjsLayers, TfjsPackages } from "./load-artifacts.ts";
export { tfjsRuntime, type TfjsRuntimeOptions } from "./runtime/tfjs-runtime.ts";
export { tfjsFiles } from "./tfjs-files.ts";
export type { Shard, TfjsFiles } from "./format/write-tfjs.ts";
export { toOnnx } from "./to-onnx.ts";
export { tfjsModel, type TfjsModelParts } from "./tfjs-model.ts";
