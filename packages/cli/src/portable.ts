/** The part of this package that needs no Node: what runs in a page as well. */
export { builtIns } from "./built-ins.ts";
export { classify, type ClassifyOptions } from "./lib/classify.ts";
export { type DataSet, dataSetOf } from "./lib/data-of-arrays.ts";
export { bytes, compact, milliseconds, percent } from "./lib/format.ts";
export { accuracy, agreement } from "./lib/metrics.ts";
export { type NpyArray, parseNpy } from "./lib/npy.ts";
export { parseNpz } from "./lib/npz.ts";
export type { Scaling } from "./lib/scaling.ts";
export { type Latency, type LatencyReport, timeModels, type TimingOptions } from "./lib/time-models.ts";
export type { PrunerOptions, Registry, TypeFlag } from "./registry.ts";
