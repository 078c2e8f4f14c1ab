// The runtime that core's tests hold its claims against. Core itself knows no backend; its tests may.
import { onnxModel, onnxruntimeNode, ortRuntime } from "../../backend-onnx/src/node/index.ts";
import type { Graph, Model, Runtime } from "../src/index.ts";

export const runtime: Runtime = ortRuntime(onnxruntimeNode);

/** A model that was never a file, unless `sha256` says it was. */
export const modelOf = (graph: Graph, sha256?: string): Model =>
  onnxModel(graph, { runtime, sha256: sha256 === undefined ? undefined : () => sha256 });
