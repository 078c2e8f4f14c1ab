import { type Graph, isPruneError } from "@prune/core";
import { errorNotOnnx } from "../errors.ts";
import { type DataFiles, filesInMemory } from "./data-files.ts";
import { Functions } from "./functions.ts";
import type { Inlined } from "./origin.ts";
import { readGraph } from "./read-graph.ts";
import { readOpset } from "./read-opset.ts";
import { plainBytes } from "./plain-bytes.ts";
import { inputOf, Reader } from "./reader.ts";
import { MODEL } from "./schema.ts";
import { describeContent } from "./sniff.ts";

/** How a model is to be read. */
export interface ReadOptions {
  /** Name of the file, for messages. Default "model". */
  readonly source?: string;
  /** The files that hold data outside of the model. Default: there are none. */
  readonly files?: DataFiles;
}

/**
 * Reads an ONNX model. Tensor data stays in `file`, which must not change afterwards; what the toolkit has no name for
 * is kept and written back.
 * @throws {PruneError} `bad-model`
 */
export function readOnnx(
  file: Uint8Array,
  { source = "model", files = filesInMemory({}, source) }: ReadOptions = {},
): Graph {
  const bytes = plainBytes(file);
  const header = readHeader(bytes, source);
  const { graph: r, opsets, irVersion, functions } = header;
  const model = { bytes, irVersion, external: false, inlined: "none" as Inlined };
  const noting: DataFiles = {
    open(range, tensor) {
      model.external = true;
      return files.open(range, tensor);
    },
  };
  const graph = readGraph(r, { files: noting, opsets, depth: 1, model, functions });
  model.inlined = functions.inlined;
  return graph;
}

interface Header {
  readonly graph: Reader;
  readonly opsets: ReadonlyMap<string, number>;
  readonly irVersion: number;
  readonly functions: Functions;
}

/** Finds the graph and what must be known before it is read, wherever in the file that stands. */
function readHeader(bytes: Uint8Array, source: string): Header {
  const r = new Reader(inputOf(bytes, source), "ModelProto");
  let graph: Reader | undefined;
  let irVersion = 0;
  const opsets = new Map<string, number>();
  const functions: Reader[] = [];
  try {
    while (r.next()) {
      if (r.field === MODEL.graph) {
        if (graph) throw r.malformed("the model has two graphs");
        graph = r.nested("GraphProto");
      } else if (r.field === MODEL.irVersion) irVersion = r.int();
      else if (r.field === MODEL.opsetImport) readOpset(r.nested("OperatorSetIdProto"), opsets);
      else if (r.field === MODEL.functions) functions.push(r.nested("FunctionProto"));
      else r.skip();
    }
  } catch (error) {
    // A model that breaks off is told apart from what never was one by its graph having begun.
    if (graph || looksLikeModel(bytes) || !isPruneError(error)) throw error;
    throw errorNotOnnx(source, describeContent(bytes));
  }
  if (!graph) throw errorNotOnnx(source, describeContent(bytes));
  return { graph, opsets, irVersion, functions: new Functions(functions, opsets) };
}

/** Every exporter starts a file with ir_version, a small number. */
function looksLikeModel(bytes: Uint8Array): boolean {
  return bytes[0] === MODEL.irVersion * 8 && bytes.length > 1 && bytes[1]! < 64;
}
