import type { Graph, Tensor, ValueInfo } from "@prune/core";
import { type GraphOrigin, graphOrigin, tensorOrigin } from "./origin.ts";
import { GRAPH } from "./schema.ts";
import { writeNode } from "./write-node.ts";
import { writeSparseTensor } from "./write-sparse-tensor.ts";
import { copyFields, isUnchanged, type Place, writeTensor } from "./write-tensor.ts";
import { writeValueInfo } from "./write-value-info.ts";
import type { Writer } from "./writer.ts";

/** Fields that are written anew; value_info is among them because shapes may have changed, and stays out. */
const KNOWN: ReadonlySet<number> = new Set(Object.values(GRAPH));

/** Before this version every initializer had to be listed as an input too. */
const FIRST_IR_WITH_UNLISTED_INITIALIZERS = 4;

/** How the parameters of a graph are written. */
export interface GraphOptions {
  readonly place?: Place | undefined;
  /** As sparse tensors where that is smaller. Those that the file lists as inputs stay dense: callers may feed others. */
  readonly sparse?: boolean;
}

/** Writes the fields of a GraphProto. Unchanged parts go out as they came in; stated shapes in between are dropped. */
export function writeGraph(w: Writer, graph: Graph, { place, sparse = false }: GraphOptions = {}): void {
  const origin = graphOrigin(graph);
  for (const node of graph.nodes) writeNode(w, GRAPH.node, node, writeBody);
  w.string(GRAPH.name, graph.name);
  const listed = new Set(origin?.inputs.map((value) => value.name));
  for (const [name, tensor] of graph.parameters)
    writeParameter(w, named(tensor, name), place, sparse && !listed.has(name));
  for (const value of inputsOf(graph, origin)) writeValueInfo(w, GRAPH.input, value);
  for (const value of graph.outputs) writeValueInfo(w, GRAPH.output, value);
  if (origin) copyFields(w, origin.raw, (field) => !KNOWN.has(field));
}

function writeBody(w: Writer, field: number, body: Graph): void {
  w.message(field, (m) => writeGraph(m, body));
}

/** The tensor under the name that the graph has it by, which is the one that counts. */
function named(tensor: Tensor, name: string): Tensor {
  return tensor.name === name ? tensor : { ...tensor, name };
}

function writeParameter(w: Writer, tensor: Tensor, place: Place | undefined, sparse: boolean): void {
  const origin = tensorOrigin(tensor);
  if (origin?.sparse && isUnchanged(tensor, origin)) w.bytes(GRAPH.sparseInitializer, origin.raw);
  else if (!sparse || !writeSparseTensor(w, GRAPH.sparseInitializer, tensor))
    writeTensor(w, GRAPH.initializer, tensor, place);
}

/** The graph's inputs with the parameters that the file lists among them, in the file's order; new ones come last. */
function inputsOf(graph: Graph, origin: GraphOrigin | undefined): readonly ValueInfo[] {
  if (!origin) return graph.inputs;
  const wanted = new Map(graph.inputs.map((value) => [value.name, value]));
  const listsAll = origin.model !== undefined && origin.model.irVersion < FIRST_IR_WITH_UNLISTED_INITIALIZERS;
  const list: ValueInfo[] = [];
  for (const value of origin.inputs) {
    const parameter = graph.parameters.get(value.name);
    if (parameter) list.push(listed(named(parameter, value.name), value));
    else if (wanted.has(value.name)) list.push(wanted.get(value.name)!);
    wanted.delete(value.name);
  }
  list.push(...wanted.values());
  if (listsAll) {
    const known = new Set(list.map((value) => value.name));
    for (const [name, tensor] of graph.parameters) if (!known.has(name)) list.push(listed(named(tensor, name)));
  }
  return list;
}

/** How a parameter stands among the inputs; as the file had it while that is right. */
function listed({ name, dtype, dims }: Tensor, value?: ValueInfo): ValueInfo {
  const fits = value && value.dtype === dtype && (!value.dims || sameShape(value.dims, dims));
  return fits ? value : { ...value, name, dtype, dims };
}

function sameShape(stated: NonNullable<ValueInfo["dims"]>, dims: readonly number[]): boolean {
  return stated.length === dims.length && stated.every((dim, i) => typeof dim !== "number" || dim === dims[i]);
}
