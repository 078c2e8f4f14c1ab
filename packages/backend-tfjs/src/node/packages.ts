import { errorMissingPackage } from "../errors.ts";
import type { TfjsConverter } from "../foreign/op-kernel.ts";
import type { TfjsLayers } from "../load-artifacts.ts";

/** Loads `@tensorflow/tfjs-layers`, an optional package. @throws {PruneError} `missing-dependency` */
export async function tfjsLayers(): Promise<TfjsLayers> {
  try {
    return await import("@tensorflow/tfjs-layers");
  } catch (cause) {
    throw errorMissingPackage("@tensorflow/tfjs-layers", "A LayersModel", cause);
  }
}

/** Loads `@tensorflow/tfjs-converter`, an optional package. @throws {PruneError} `missing-dependency` */
export async function tfjsConverter(): Promise<TfjsConverter> {
  try {
    return await import("@tensorflow/tfjs-converter");
  } catch (cause) {
    throw errorMissingPackage("@tensorflow/tfjs-converter", "A GraphModel with operators that ONNX lacks", cause);
  }
}
