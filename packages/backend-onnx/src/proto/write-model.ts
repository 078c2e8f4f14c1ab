import type { Graph } from "@prune/core";
import type { Chunk } from "./chunk.ts";
import { type GraphOrigin, graphOrigin } from "./origin.ts";
import { MODEL, OPSET } from "./schema.ts";
import { copyFields, type Place } from "./write-tensor.ts";
import { type GraphOptions, writeGraph } from "./write-graph.ts";
import { Writer } from "./writer.ts";

/** A model as it goes into a file: its pieces in order, and how long they are together. */
export interface EncodedModel {
  readonly chunks: readonly Chunk[];
  /** Bytes. */
  readonly length: number;
}

/** How a model is to be written. */
export interface EncodeOptions {
  /** Takes the data of parameters out of the model. Default: all data goes inside, also what was outside. */
  readonly place?: Place;
  /** Writes parameters of which most elements are zero as sparse tensors, where that is smaller. Default false. */
  readonly sparse?: boolean;
}

/** Before this version of the file format there were no sparse tensors. */
const FIRST_IR_WITH_SPARSE = 6;

/**
 * Encodes a graph as an ONNX model. Weights are referred to, not copied. A graph that is as it was read gives the bytes
 * it was read from; in a changed one what stayed the same is copied, and shapes of inner values are left out.
 */
export function encodeModel(graph: Graph, { place, sparse = false }: EncodeOptions = {}): EncodedModel {
  const origin = graphOrigin(graph);
  if (origin?.model && !place && !sparse && isUntouched(graph, origin) && !origin.model.external) {
    return { chunks: [origin.model.bytes], length: origin.model.bytes.length };
  }
  const w = new Writer();
  if (origin?.model)
    writeOver(w, graph, origin, { place, sparse: sparse && origin.model.irVersion >= FIRST_IR_WITH_SPARSE });
  else writeNew(w, graph, { place, sparse });
  return { chunks: w.finish(), length: w.length };
}

function isUntouched(graph: Graph, { read }: GraphOrigin): boolean {
  return (
    graph.nodes === read.nodes &&
    graph.parameters === read.parameters &&
    graph.inputs === read.inputs &&
    graph.outputs === read.outputs &&
    graph.opsets === read.opsets &&
    graph.name === read.name
  );
}

/** Writes a model with everything around the graph as it was. */
function writeOver(w: Writer, graph: Graph, { model, read }: GraphOrigin, options: GraphOptions): void {
  const { bytes, inlined } = model!;
  // Functions may use operator sets that the model by itself does not.
  const sameOpsets = graph.opsets === read.opsets && inlined === "none";
  if (!sameOpsets) writeOpsets(w, graph.opsets);
  const anew = new Set<number>([
    MODEL.graph,
    ...(sameOpsets ? [] : [MODEL.opsetImport]),
    ...(inlined === "all" ? [MODEL.functions] : []),
  ]);
  copyFields(w, bytes, (field) => !anew.has(field));
  w.message(MODEL.graph, (m) => writeGraph(m, graph, options));
}

function writeNew(w: Writer, graph: Graph, options: GraphOptions): void {
  w.int(MODEL.irVersion, irVersionFor(graph.opsets.get("") ?? 1));
  w.string(MODEL.producerName, "prune");
  writeOpsets(w, graph.opsets);
  w.message(MODEL.graph, (m) => writeGraph(m, graph, options));
}

function writeOpsets(w: Writer, opsets: ReadonlyMap<string, number>): void {
  for (const [domain, version] of opsets) {
    w.message(MODEL.opsetImport, (m) => {
      if (domain) m.string(OPSET.domain, domain);
      m.int(OPSET.version, version);
    });
  }
}

/** The version of the file format that came with an operator set: older readers then know what they cannot read. */
function irVersionFor(opset: number): number {
  if (opset <= 18) return 8;
  return opset <= 20 ? 9 : 10;
}
