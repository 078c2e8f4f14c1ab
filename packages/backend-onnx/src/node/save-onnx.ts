import type { Graph, Model } from "@prune/core";
import { errorTooLarge } from "../errors.ts";
import { MAX_MESSAGE_BYTES } from "../limits.ts";
import { encodeText } from "../proto/text.ts";
import { encodeModel } from "../proto/write-model.ts";
import { dataFile } from "./data-file.ts";
import { dataName } from "./data-name.ts";
import type { FileSystem } from "./file-system.ts";
import { type ModelFiles, writeModelFiles } from "./write-model-files.ts";

/** How a model is saved. */
export interface SaveOptions {
  /**
   * Put the weights into a file beside the model, `NAME-HASH.data`, which is called after what is in it. Default: only
   * when they do not fit into it.
   */
  readonly externalData?: boolean | undefined;
  /** Write weights of which most are zero as sparse tensors, where that is smaller. Default false. */
  readonly sparse?: boolean | undefined;
  /** Largest model that is written as one file, in bytes. Default 2 GiB - 1, the limit of protobuf. */
  readonly maxMessageBytes?: number | undefined;
  /** Where to save. Default: the machine's own files. */
  readonly fs?: FileSystem | undefined;
}

/**
 * Saves a model, atomically: an interrupted or failed save leaves the earlier model, or none. An unchanged model is
 * written as the bytes it was read from.
 * @throws {PruneError} `io-failed`
 */
export async function saveOnnx(model: Pick<Model, "graph">, path: string, options: SaveOptions = {}): Promise<void> {
  await saveGraph(model.graph, path, options);
}

/** See {@link saveOnnx}. */
export async function saveGraph(graph: Graph, path: string, { fs, ...options }: SaveOptions = {}): Promise<void> {
  await writeModelFiles(path, filesFor(graph, path, options), fs);
}

function filesFor(
  graph: Graph,
  path: string,
  { externalData, sparse = false, maxMessageBytes = MAX_MESSAGE_BYTES }: SaveOptions,
): ModelFiles {
  if (!externalData) {
    const { chunks, length } = encodeModel(graph, { sparse });
    if (length <= maxMessageBytes) return { chunks };
  }
  let name = encodeText(dataName(path, UNKNOWN_HASH));
  const data = dataFile({ length: name.length, read: () => name });
  const { chunks, length } = encodeModel(graph, { place: data.place, sparse });
  if (length > maxMessageBytes) throw errorTooLarge(length, maxMessageBytes);
  if (data.chunks.length === 0) return { chunks };
  return { chunks, data: { chunks: data.chunks, named: (known) => (name = encodeText(known)) } };
}

/** Stands in for the hash of a file that is not written yet: all are equally long. */
const UNKNOWN_HASH = "0".repeat(64);
