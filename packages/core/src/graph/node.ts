import type { Graph } from "./graph.ts";
import type { Tensor } from "./tensor.ts";

/** An attribute of a node. `raw` is a kind that the toolkit carries along without looking inside. */
export type Attribute =
  | { readonly type: "int"; readonly value: number }
  | { readonly type: "float"; readonly value: number }
  | { readonly type: "string"; readonly value: string }
  | { readonly type: "ints"; readonly value: readonly number[] }
  | { readonly type: "floats"; readonly value: readonly number[] }
  | { readonly type: "strings"; readonly value: readonly string[] }
  | { readonly type: "tensor"; readonly value: Tensor }
  | { readonly type: "graph"; readonly value: Graph }
  | { readonly type: "raw"; readonly value: unknown };

/** One operation of a graph, in ONNX's operator vocabulary. */
export interface Node {
  /** May be empty or shared by several nodes, as in real files; `outputs[0]` identifies a node. */
  readonly name: string;
  readonly opType: string;
  /** Operator set; "" is ONNX's own. */
  readonly domain: string;
  /** Names of values; "" stands for an optional input that is left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, Attribute>>;
  /** What the backend that read this node needs to write it back unchanged. Opaque to everything else. */
  readonly origin?: unknown;
}

/** A node built from plain values; numbers become `int` or `ints` attributes. */
export function nodeOf(
  opType: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: Readonly<Record<string, number | string | readonly number[] | Attribute>> = {},
  name = "",
): Node {
  const made: Record<string, Attribute> = {};
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "number") made[key] = { type: "int", value };
    else if (typeof value === "string") made[key] = { type: "string", value };
    else if (isAttribute(value)) made[key] = value;
    else made[key] = { type: "ints", value };
  }
  return { name, opType, domain: "", inputs, outputs, attributes: made };
}

function isAttribute(value: readonly number[] | Attribute): value is Attribute {
  return !Array.isArray(value);
}

/** An integer attribute, or `fallback` when the node does not have it. */
export function intAttribute(node: Node, name: string, fallback: number): number {
  const a = node.attributes[name];
  return a?.type === "int" ? a.value : fallback;
}

/** A float attribute, or `fallback` when the node does not have it. */
export function floatAttribute(node: Node, name: string, fallback: number): number {
  const a = node.attributes[name];
  return a?.type === "float" ? a.value : fallback;
}

/** A string attribute, or `fallback` when the node does not have it. */
export function stringAttribute(node: Node, name: string, fallback: string): string {
  const a = node.attributes[name];
  return a?.type === "string" ? a.value : fallback;
}

/** A list-of-integers attribute, or undefined when the node does not have it. */
export function intsAttribute(node: Node, name: string): readonly number[] | undefined {
  const a = node.attributes[name];
  return a?.type === "ints" ? a.value : undefined;
}

/** The node with some attributes set (or, with undefined, removed). */
export function withAttributes(node: Node, changes: Readonly<Record<string, Attribute | undefined>>): Node {
  const attributes: Record<string, Attribute> = { ...node.attributes };
  for (const [name, value] of Object.entries(changes)) {
    if (value) attributes[name] = value;
    else delete attributes[name];
  }
  return { ...node, attributes };
}

/** How messages name a node: its operator with its name, or with its first output when it has none. */
export function describeNode(node: Node): string {
  return `${node.opType} "${node.name || (node.outputs[0] ?? "")}"`;
}
