import type { JsonObject } from "../json.ts";
import type { StoredWeight } from "./stored-weight.ts";

/** Which of TensorFlow.js's two formats a model is in. */
export type TfjsFormat = "layers-model" | "graph-model";

/** A model as TensorFlow.js stores it: what `model.json` says, and the weights that it names. */
export interface TfjsFile {
  readonly format: TfjsFormat;
  /** `model.json` without its `weightsManifest`. */
  readonly json: JsonObject;
  readonly weights: readonly StoredWeight[];
}
