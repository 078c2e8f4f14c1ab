export { fitLayers, type FitOptions, type TfjsTraining } from "./fit-layers.ts";
export { registerTrainingKernels } from "./wasm-kernels.ts";
