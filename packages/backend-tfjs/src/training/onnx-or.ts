import { isPruneError, type Graph, type Runtime } from "@prune/core";
import { toOnnx } from "../to-onnx.ts";

/** Runs what ONNX has words for on a runtime for ONNX, and what it has none for on TensorFlow.js. */
export function onnxOr(onnx: Runtime, tfjs: Runtime): Runtime {
  return {
    name: onnx.name,
    open(graph, options) {
      const translated = inOnnx(graph);
      return translated ? onnx.open(translated, options) : tfjs.open(graph, options);
    },
  };
}

function inOnnx(graph: Graph): Graph | undefined {
  try {
    return toOnnx(graph);
  } catch (error) {
    if (isPruneError(error) && error.code === "unsupported") return undefined;
    throw error;
  }
}
