import type { DType } from "./dtype.ts";
import type { Node } from "./node.ts";
import type { Tensor } from "./tensor.ts";

/** A graph input or output: its name, element type and, where the file states it, its shape. */
export interface ValueInfo {
  readonly name: string;
  readonly dtype: DType;
  /** Per axis a size, the name of a dynamic dimension, or undefined where nothing is said; undefined: rank unknown. */
  readonly dims: readonly (number | string | undefined)[] | undefined;
  /** In a graph that was cut from another: axis → the indices that are left of it. Default: all of every axis. */
  readonly kept?: ReadonlyMap<number, ArrayLike<number>>;
  /** Of an input of token ids, in a graph that was cut from another: the id there of each id here. Default: the same. */
  readonly ids?: ArrayLike<number>;
  readonly origin?: unknown;
}

/**
 * A network: immutable, in ONNX's operator vocabulary, independent of any file format.
 * Nodes are in topological order. Every change makes a new graph that shares what stayed the same.
 */
export interface Graph {
  readonly name: string;
  readonly nodes: readonly Node[];
  /** Inputs that a caller feeds; parameters are never listed here. */
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  /** Initializers by name. Weights may also sit in Constant nodes. */
  readonly parameters: ReadonlyMap<string, Tensor>;
  /** Operator set versions by domain; "" is ONNX's own. */
  readonly opsets: ReadonlyMap<string, number>;
  readonly origin?: unknown;
}

/** Version of ONNX's own operator set that the graph uses. */
export function opsetOf(graph: Graph, domain = ""): number {
  return graph.opsets.get(domain) ?? (domain === "" ? (graph.opsets.get("ai.onnx") ?? 1) : 1);
}

/** Names of outer values that the bodies of a node (If, Loop, Scan) read. */
export function capturedNames(node: Node): string[] {
  const names = new Set<string>();
  for (const attribute of Object.values(node.attributes)) {
    if (attribute.type !== "graph") continue;
    const body = attribute.value;
    const own = new Set([...body.inputs.map((v) => v.name), ...body.parameters.keys()]);
    for (const inner of body.nodes) {
      for (const name of [...inner.inputs, ...capturedNames(inner)]) if (name && !own.has(name)) names.add(name);
      for (const name of inner.outputs) own.add(name);
    }
    for (const output of body.outputs) if (!own.has(output.name)) names.add(output.name);
  }
  return [...names];
}

/** Value name → the nodes that read it, in order; nodes whose bodies capture the value count too. */
export function consumersOf(graph: Graph): Map<string, Node[]> {
  const map = new Map<string, Node[]>();
  for (const node of graph.nodes) {
    for (const name of new Set([...node.inputs, ...capturedNames(node)])) {
      if (!name) continue;
      const list = map.get(name);
      if (list) list.push(node);
      else map.set(name, [node]);
    }
  }
  return map;
}

/** Value name → the node that produces it. */
export function producersOf(graph: Graph): Map<string, Node> {
  const map = new Map<string, Node>();
  for (const node of graph.nodes) for (const name of node.outputs) if (name) map.set(name, node);
  return map;
}
