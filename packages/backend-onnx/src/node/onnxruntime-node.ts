import { errorMissingRuntime } from "../errors.ts";
import type { Ort } from "../runtime/ort.ts";

/** Loads `onnxruntime-node`, an optional package: only those who run models need it. @throws {PruneError} `missing-dependency` */
export async function onnxruntimeNode(): Promise<Ort> {
  try {
    return await import("onnxruntime-node");
  } catch (error) {
    throw errorMissingRuntime(error);
  }
}
