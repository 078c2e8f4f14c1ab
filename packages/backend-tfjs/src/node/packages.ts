import { errorMissingPackage } from "../errors.ts";
import type { TfjsLayers } from "../load-artifacts.ts";

/** Loads `@tensorflow/tfjs-layers`, an optional package. @throws {PruneError} `missing-dependency` */
export async function tfjsLayers(): Promise<TfjsLayers> {
  try {
    return await import("@tensorflow/tfjs-layers");
  } catch (cause) {
    throw errorMissingPackage("@tensorflow/tfjs-layers", "A LayersModel", cause);
  }
}
