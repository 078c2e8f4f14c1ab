import { createHash } from "node:crypto";
import { basename } from "node:path";
import type { Graph, Model } from "@prune/core";
import { errorSignalOnMain } from "../errors.ts";
import { onnxModel } from "../onnx-model.ts";
import { readOnnx } from "../proto/read-model.ts";
import { type CreateFromPath, ortRuntime, type OrtRuntimeOptions } from "../runtime/ort-runtime.ts";
import { filesBeside } from "./files-beside.ts";
import { fixFor } from "./fix-for.ts";
import { onnxruntimeNode } from "./onnxruntime-node.ts";
import { openLarge } from "./open-large.ts";
import { readFileBytes } from "./read-file.ts";
import { saveGraph, type SaveOptions } from "./save-onnx.ts";
import { workerOrt } from "./worker-ort.ts";

/** How a model is loaded from a file. */
export interface LoadOptions extends OrtRuntimeOptions {
  /** Where sessions run. "worker" keeps the event loop free, which a run on "main", the default, blocks; training always does. */
  readonly thread?: "main" | "worker" | undefined;
  /** Ends all sessions, and what they are running, when it is aborted. Needs `thread: "worker"`: nothing reaches a blocked thread. */
  readonly signal?: AbortSignal | undefined;
  /** How `model.save` saves. */
  readonly saving?: SaveOptions | undefined;
}

/**
 * Loads an ONNX model from a file. `onnxruntime-node` is imported only when the model is first run.
 * @throws {PruneError} `io-failed`, `bad-model` or `bad-option`
 */
export async function loadOnnx(path: string, options: LoadOptions = {}): Promise<Model> {
  const { thread = "main", signal, saving } = options;
  if (signal && thread === "main") throw errorSignalOnMain();
  const bytes = await readFileBytes(path);
  const source = basename(path);
  const graph = readOnnx(bytes, { source, files: filesBeside(path, source) });
  const large = (wanted: Graph, create: CreateFromPath) =>
    wanted === graph ? create(path) : openLarge(wanted, create);
  const inThread = workerOrt(signal);
  const ort = thread === "worker" ? inThread : onnxruntimeNode;
  let hash: string | undefined;
  return onnxModel(graph, {
    runtime: ortRuntime(ort, { fixFor, openLarge: large, background: inThread, ...options }),
    sha256: () => (hash ??= createHash("sha256").update(bytes).digest("hex")),
    save: (changed, target) => saveGraph(changed, target, saving),
  });
}
