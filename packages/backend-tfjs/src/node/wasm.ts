import { createRequire } from "node:module";
import { dirname, join, sep } from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import { errorMissingPackage } from "../errors.ts";

/**
 * Makes the `wasm` backend available; the plain JavaScript one that TensorFlow.js falls back to is many times slower.
 * @throws {PruneError} `missing-dependency`
 */
export async function loadWasm(): Promise<void> {
  if (tf.findBackendFactory("wasm") !== null) return;
  try {
    const { setWasmPaths } = await import("@tensorflow/tfjs-backend-wasm");
    const manifest = createRequire(import.meta.url).resolve("@tensorflow/tfjs-backend-wasm/package.json");
    setWasmPaths(join(dirname(manifest), "wasm-out") + sep);
  } catch (cause) {
    throw errorMissingPackage("@tensorflow/tfjs-backend-wasm", "Running a model in Node", cause);
  }
}
