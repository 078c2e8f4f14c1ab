import type { Graph, Node, Tensor, ValueInfo } from "@prune/core";
import type { LazyChunk } from "./chunk.ts";

/**
 * What the reader leaves in `origin`: the message's bytes, and the fields as they were read.
 * A thing whose fields are all still the same objects was not changed and is written back as those bytes.
 */
interface Origin<Kind extends string, Fields> {
  readonly kind: Kind;
  readonly raw: Uint8Array;
  readonly read: Fields;
}

export interface NodeOrigin extends Origin<"onnx-node", Omit<Node, "origin">> {
  /** Whether the bytes stay right whatever happens elsewhere: no external data and no body that states shapes. */
  readonly selfContained: boolean;
}

export interface TensorOrigin extends Origin<"onnx-tensor", Omit<Tensor, "origin">> {
  /** The element type's number, for types without a name here. */
  readonly dataType: number;
  /** The bytes are a SparseTensorProto. */
  readonly sparse: boolean;
  /** The data, when it sits in another file. */
  readonly external: LazyChunk | undefined;
}

export type ValueOrigin = Origin<"onnx-value", Omit<ValueInfo, "origin">>;

export interface GraphOrigin extends Origin<"onnx-graph", Omit<Graph, "origin">> {
  readonly selfContained: boolean;
  /** All inputs that the file lists, in order; old files list initializers too, which `Graph.inputs` leaves out. */
  readonly inputs: readonly ValueInfo[];
  /** The whole file; undefined for the body of a node. */
  readonly model: ModelOrigin | undefined;
}

export interface ModelOrigin {
  readonly bytes: Uint8Array;
  readonly irVersion: number;
  /** Whether any tensor's data is in another file, so that these bytes are not the whole model. */
  readonly external: boolean;
  /** What stands in the place of calls of the model's functions is not in these bytes. */
  readonly inlined: Inlined;
}

/** What became of the calls of a model's functions: there were none, all were written out, or some were left. */
export type Inlined = "none" | "all" | "some";

/** The origin of a thing that this package has read; undefined for things made otherwise. */
export function nodeOrigin(node: Node): NodeOrigin | undefined {
  return isKind<NodeOrigin>(node.origin, "onnx-node") ? node.origin : undefined;
}

/** See {@link nodeOrigin}. */
export function tensorOrigin(tensor: Tensor): TensorOrigin | undefined {
  return isKind<TensorOrigin>(tensor.origin, "onnx-tensor") ? tensor.origin : undefined;
}

/** See {@link nodeOrigin}. */
export function valueOrigin(value: ValueInfo): ValueOrigin | undefined {
  return isKind<ValueOrigin>(value.origin, "onnx-value") ? value.origin : undefined;
}

/** See {@link nodeOrigin}. */
export function graphOrigin(graph: Graph): GraphOrigin | undefined {
  return isKind<GraphOrigin>(graph.origin, "onnx-graph") ? graph.origin : undefined;
}

function isKind<T extends { readonly kind: string }>(origin: unknown, kind: T["kind"]): origin is T {
  return typeof origin === "object" && origin !== null && "kind" in origin && origin.kind === kind;
}

/** Whether two lists hold the same elements. */
export function sameList(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a === b || (a.length === b.length && a.every((x, i) => x === b[i]));
}
