import { createHash } from "node:crypto";
import { basename } from "node:path";
import type { Model } from "@prune/core";
import { onnxModel } from "../onnx-model.ts";
import { readOnnx } from "../proto/read-model.ts";
import { ortRuntime, type OrtRuntimeOptions } from "../runtime/ort-runtime.ts";
import { fixFor } from "./fix-for.ts";
import { onnxruntimeNode } from "./onnxruntime-node.ts";
import { readFileBytes } from "./read-file.ts";
import { saveGraph } from "./save-onnx.ts";

/** How a model is loaded from a file. */
export type LoadOptions = OrtRuntimeOptions;

/**
 * Loads an ONNX model from a file. `onnxruntime-node` is imported only when the model is first run.
 * @throws {PruneError} `io-failed` or `bad-model`
 */
export async function loadOnnx(path: string, options: LoadOptions = {}): Promise<Model> {
  const bytes = await readFileBytes(path);
  const graph = readOnnx(bytes, { source: basename(path) });
  let hash: string | undefined;
  return onnxModel(graph, {
    runtime: ortRuntime(onnxruntimeNode, { fixFor, ...options }),
    sha256: () => (hash ??= createHash("sha256").update(bytes).digest("hex")),
    save: (changed, target) => saveGraph(changed, target),
  });
}
