import type { Graph, Node, Tensor, ValueInfo } from "@prune/core";
import { errorCycle } from "../errors.ts";
import { checkDefined, definitionsOf } from "./definitions.ts";
import type { DataFiles } from "./data-files.ts";
import type { Functions } from "./functions.ts";
import { type GraphOrigin, type ModelOrigin, nodeOrigin, tensorOrigin } from "./origin.ts";
import type { AttributeContext } from "./read-attribute.ts";
import { readNode } from "./read-node.ts";
import { readSparseTensor } from "./read-sparse-tensor.ts";
import { readTensor } from "./read-tensor.ts";
import { readValueInfo } from "./read-value-info.ts";
import type { Reader } from "./reader.ts";
import { GRAPH } from "./schema.ts";
import { sortNodes } from "./sort-nodes.ts";

/** Bodies within bodies. Protobuf itself refuses messages nested deeper than 100, and each body takes three. */
const MAX_DEPTH = 33;

/** What the parts of a graph share. */
export interface GraphContext {
  readonly files: DataFiles;
  readonly opsets: ReadonlyMap<string, number>;
  readonly depth: number;
  readonly model: ModelOrigin | undefined;
  readonly functions: Functions;
  /** See {@link AttributeContext}. */
  readonly given?: AttributeContext["given"];
}

/**
 * Reads a GraphProto, and with it the bodies of its nodes; calls of the model's functions are written out. Leaves open
 * whether what a body captures exists.
 */
export function readGraph(r: Reader, context: GraphContext): Graph {
  const { opsets, files, depth, functions, given } = context;
  if (depth > MAX_DEPTH) throw r.malformed(`graphs are nested more than ${MAX_DEPTH} deep`);
  const body = { ...context, depth: depth + 1, model: undefined };
  const nodeContext = { files, given, readBody: (inner: Reader) => readGraph(inner, body) };
  const listedNodes: Node[] = [];
  const listed: ValueInfo[] = [];
  const outputs: ValueInfo[] = [];
  const parameters = new Map<string, Tensor>();
  let name = "";
  let shapes = false;
  while (r.next()) {
    if (r.field === GRAPH.node) listedNodes.push(readNode(r.nested("NodeProto"), nodeContext));
    else if (r.field === GRAPH.name) name = r.string();
    else if (r.field === GRAPH.initializer) addParameter(parameters, readTensor(r.nested("TensorProto"), files), r);
    else if (r.field === GRAPH.sparseInitializer) {
      addParameter(parameters, readSparseTensor(r.nested("SparseTensorProto"), files), r);
    } else if (r.field === GRAPH.input) listed.push(readValueInfo(r.nested("ValueInfoProto")));
    else if (r.field === GRAPH.output) outputs.push(readValueInfo(r.nested("ValueInfoProto")));
    else {
      if (r.field === GRAPH.valueInfo) shapes = true;
      r.skip();
    }
  }
  const inputs = listed.filter((v) => !parameters.has(v.name));
  const inFunction = (inner: Reader, call: AttributeContext["given"]): Graph => readGraph(inner, { ...body, given: call }); // prettier-ignore
  const names = [...parameters.keys(), ...inputs.map((v) => v.name)];
  const nodes = functions.writeOut(listedNodes, names, { files, readBody: inFunction });
  const definitions = definitionsOf(nodes, inputs, parameters, r.input.source);
  const sorted = sortNodes(nodes, definitions, (node) => errorCycle(r.input.source, node));
  const read = { name, nodes: sorted, inputs, outputs, parameters, opsets };
  if (depth === 1) checkDefined(read, definitions, r.input.source);
  if (given) return read;
  const selfContained = !shapes && [...parameters.values()].every(isInside) && nodes.every(isUnaffected);
  const origin: GraphOrigin = {
    kind: "onnx-graph",
    raw: r.raw(),
    read,
    selfContained,
    inputs: listed,
    model: context.model,
  };
  return { ...read, origin };
}

function addParameter(parameters: Map<string, Tensor>, tensor: Tensor, r: Reader): void {
  if (!tensor.name) throw r.malformed("an initializer has no name");
  if (parameters.has(tensor.name)) throw r.malformed(`two initializers are named "${tensor.name}"`);
  parameters.set(tensor.name, tensor);
}

function isInside(tensor: Tensor): boolean {
  return tensorOrigin(tensor)?.external === undefined;
}

function isUnaffected(node: Node): boolean {
  return nodeOrigin(node)?.selfContained === true;
}
