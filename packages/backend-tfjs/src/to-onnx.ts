import type { Graph, Node } from "@prune/core";
import { errorNoOnnx } from "./errors.ts";
import { TFJS_DOMAIN } from "./foreign/operators.ts";

/**
 * A graph that was read from a TensorFlow.js model in ONNX's words alone, to be written by a backend for ONNX. It takes
 * and gives what the model does, with channels last.
 * @throws {PruneError} `unsupported` where a layer or operator has no counterpart
 */
export function toOnnx({ origin, nodes, ...graph }: Graph): Graph {
  void origin; // it is no longer the file that it was read from
  return { ...graph, nodes: nodes.map(inOnnx) };
}

function inOnnx(node: Node): Node {
  if (node.domain === "" || node.domain === "ai.onnx") return node;
  if (node.domain !== TFJS_DOMAIN) throw errorNoOnnx(node);
  return { ...node, domain: "", opType: "Identity", attributes: {} };
}
