export * from "../index.ts";
export { loadTfjs, type LoadOptions } from "./load-tfjs.ts";
export { saveTfjs } from "./save-tfjs.ts";
export { tfjsConverter, tfjsLayers } from "./packages.ts";
export { loadWasm } from "./wasm.ts";
