import { onnxModel, onnxruntimeNode, ortRuntime, saveOnnx } from "@prune/backend-onnx/node";
import { type DimSizes, type Model, PruneError, sampleInputs, type RunTensor, type RunValues } from "@prune/core"; // prettier-ignore
import { errorTfjsProviders, errorTfjsThreads } from "../errors.ts";
import type { OpenFlags } from "./open-model.ts";

type Tfjs = typeof import("@prune/backend-tfjs/node");

/** The backend for TensorFlow.js, which only those who have such models install. */
async function backend(): Promise<Tfjs> {
  try {
    return await import("@prune/backend-tfjs/node");
  } catch (cause) {
    const needed = "@prune/backend-tfjs @tensorflow/tfjs-backend-wasm @tensorflow/tfjs-layers @tensorflow/tfjs-converter";
    const why = cause instanceof Error ? cause.message.split("\n")[0] : String(cause);
    throw new PruneError(
      "missing-dependency",
      `TensorFlow.js models need @prune/backend-tfjs, which could not be loaded: ${why}. npm install ${needed}`,
      { cause },
    );
  }
}

/** Opens a TensorFlow.js model the way the flags say. */
export async function openTfjs(path: string, { ep, threads, keepQuantization = false }: OpenFlags): Promise<Model> {
  if (threads !== undefined && threads !== 1) throw errorTfjsThreads();
  if (ep && ep.length !== 1) throw errorTfjsProviders(ep);
  const { loadTfjs } = await backend();
  return loadTfjs(path, { ...(ep ? { backend: ep[0] } : {}), saving: { keepQuantization } });
}

/** Largest difference, relative to the largest value, between TensorFlow.js and ONNX Runtime. */
const TOLERANCE = 1e-4;

/**
 * A TensorFlow.js model as an ONNX model, which ONNX Runtime has been seen to run with the same results.
 * @throws {PruneError} `unsupported`, `verification-failed`, `runtime-failed`
 */
export async function asOnnx(model: Model, dims: DimSizes): Promise<Model> {
  const { toOnnx } = await backend();
  const graph = toOnnx(model.graph);
  const exported = onnxModel(graph, {
    runtime: ortRuntime(onnxruntimeNode),
    save: (changed, path) => saveOnnx({ graph: changed }, path),
  });
  const [before, after] = [await outputsOf(model, dims), await outputsOf(exported, dims)];
  for (const { name } of graph.outputs) {
    const error = difference(before[name]!, after[name]!);
    if (!(error <= TOLERANCE)) {
      throw new PruneError(
        "verification-failed",
        `The ONNX model does not compute what the TensorFlow.js model computes: output "${name}" differs by ${error.toExponential(2)} (limit ${TOLERANCE}). Nothing was written. This is a defect: please report it with the model.`,
      );
    }
  }
  return exported;
}

async function outputsOf({ runtime, graph }: Model, dims: DimSizes): Promise<RunValues> {
  const session = await runtime.open(graph, { cpu: true });
  try {
    return await session.run(sampleInputs(graph, dims));
  } finally {
    await session.release();
  }
}

function difference(a: RunTensor, b: RunTensor): number {
  if (String(a.dims) !== String(b.dims)) return Infinity;
  let [scale, most] = [1e-6, 0];
  for (let i = 0; i < a.data.length; i++) {
    scale = Math.max(scale, Math.abs(Number(a.data[i])));
    most = Math.max(most, Math.abs(Number(a.data[i]) - Number(b.data[i])));
  }
  return most / scale;
}

