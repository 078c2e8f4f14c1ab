import type { Model } from "@prune/core";
import { onnxModel } from "./onnx-model.ts";
import { filesInMemory } from "./proto/data-files.ts";
import { readOnnx } from "./proto/read-model.ts";
import type { Ort } from "./runtime/ort.ts";
import { ortRuntime, type OrtRuntimeOptions } from "./runtime/ort-runtime.ts";

/** How a model is loaded from bytes. */
export interface LoadBytesOptions extends OrtRuntimeOptions {
  /** ONNX Runtime: the module `onnxruntime-web` or `onnxruntime-node`, or a function that imports it. */
  readonly ort: Ort | (() => Promise<Ort>);
  /** Name of the model, for messages. Default "model". */
  readonly source?: string;
  /** Files that hold weights outside of the model, by the names that the model uses. */
  readonly externalData?: Readonly<Record<string, Uint8Array>>;
  /** Computes SHA-256 in hex, for plans that name the file they belong to. Default: the model has none. */
  readonly sha256?: (bytes: Uint8Array) => string;
}

/**
 * Loads an ONNX model from memory; works in browsers. `bytes` must not change afterwards.
 * @throws {PruneError} `bad-model`
 */
export function loadOnnxBytes(bytes: Uint8Array, options: LoadBytesOptions): Model {
  const { ort, source = "model", externalData = {}, sha256 } = options;
  const graph = readOnnx(bytes, { source, files: filesInMemory(externalData, source) });
  let hash: string | undefined;
  return onnxModel(graph, {
    runtime: ortRuntime(ort, options),
    sha256: sha256 && (() => (hash ??= sha256(bytes))),
  });
}
