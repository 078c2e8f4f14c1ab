import { onnxruntimeNode, ortRuntime } from "@prune/backend-onnx/node";
import type * as tfjs from "@prune/backend-tfjs/node";
import { type Model, type OptionValues, PruneError, type RecoveryStep } from "@prune/core";
import { errorTfjsProviders, errorTfjsThreads } from "../errors.ts";
import type { OpenFlags } from "./open-model.ts";

type Tfjs = typeof tfjs;

/** The backend for TensorFlow.js, which only those who have such models install. */
export async function tfjsBackend(): Promise<Tfjs> {
  try {
    return await import("@prune/backend-tfjs/node");
  } catch (cause) {
    const needed =
      "@prune/backend-tfjs @tensorflow/tfjs-backend-wasm @tensorflow/tfjs-layers @tensorflow/tfjs-converter";
    const why = cause instanceof Error ? cause.message.split("\n")[0] : String(cause);
    throw new PruneError(
      "missing-dependency",
      `TensorFlow.js models need @prune/backend-tfjs, which could not be loaded: ${why}. npm install ${needed}`,
      { cause },
    );
  }
}

/** Fine-tuning by TensorFlow.js itself. */
export async function fitLayers(options: OptionValues): Promise<RecoveryStep> {
  await tfjsBackend();
  return (await import("@prune/backend-tfjs/training")).fitLayers(options);
}

/** Opens a TensorFlow.js model the way the flags say. */
export async function openTfjs(path: string, { ep, threads, keepQuantization = false }: OpenFlags): Promise<Model> {
  if (threads !== undefined && threads !== 1) throw errorTfjsThreads();
  if (ep && ep.length !== 1) throw errorTfjsProviders(ep);
  const { loadTfjs } = await tfjsBackend();
  // Gradients and training take several times as long in TensorFlow.js.
  const trainer = ortRuntime(onnxruntimeNode);
  return loadTfjs(path, { ...(ep ? { backend: ep[0] } : {}), saving: { keepQuantization }, trainer });
}
