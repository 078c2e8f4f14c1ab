import { createHash } from "node:crypto";
import { basename } from "node:path";
import { byteLength, type Graph, inParts, type Model, PART_BYTES } from "@prune/core";
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
import { temporaryFile } from "./temporary-file.ts";
import { workerOrt } from "./worker-ort.ts";

/** Weights that are held in memory. */
const MEMORY = 2 ** 29;

/** How a model is loaded from a file. */
export interface LoadOptions extends OrtRuntimeOptions {
  /** Where sessions run. "worker" keeps the event loop free, which a run on "main", the default, blocks; training always does. */
  readonly thread?: "main" | "worker" | undefined;
  /** Ends all sessions, and what they are running, when it is aborted. Needs `thread: "worker"`: nothing reaches a blocked thread. */
  readonly signal?: AbortSignal | undefined;
  /**
   * The most weights that are held in memory, in bytes, of a model that has them in files beside it. Those of a larger
   * one are read where they are needed, and it is run a few layers at a time. Default 512 MiB.
   */
  readonly memory?: number | undefined;
  /** How `model.save` saves. */
  readonly saving?: SaveOptions | undefined;
}

/**
 * Loads an ONNX model from a file. `onnxruntime-node` is imported only when the model is first run.
 * @throws {PruneError} `io-failed`, `bad-model` or `bad-option`
 */
export async function loadOnnx(path: string, options: LoadOptions = {}): Promise<Model> {
  const { thread = "main", signal, saving, memory = MEMORY } = options;
  if (signal && thread === "main") throw errorSignalOnMain();
  const bytes = await readFileBytes(path);
  const source = basename(path);
  const read = (stored?: true): Graph => readOnnx(bytes, { source, files: filesBeside(path, source, stored) });
  const whole = read();
  const graph = weightBytes(whole) > memory ? read(true) : whole;
  const large = (wanted: Graph, create: CreateFromPath) =>
    wanted === graph ? create(path) : openLarge(wanted, create);
  const inThread = workerOrt(signal);
  const ort = thread === "worker" ? inThread : onnxruntimeNode;
  let hash: string | undefined;
  return onnxModel(graph, {
    runtime: inParts(ortRuntime(ort, { fixFor, openLarge: large, background: inThread, ...options }), {
      partBytes: Math.min(memory, PART_BYTES),
      keep: temporaryFile(),
    }),
    sha256: () => (hash ??= createHash("sha256").update(bytes).digest("hex")),
    save: (changed, target) => saveGraph(changed, target, saving),
  });
}

const weightBytes = ({ parameters }: Graph): number =>
  [...parameters.values()].reduce((sum, tensor) => sum + byteLength(tensor), 0);
