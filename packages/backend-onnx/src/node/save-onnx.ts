import type { Graph, Model } from "@prune/core";
import { encodeModel } from "../proto/write-model.ts";
import { writeFiles } from "./write-files.ts";

/** How a model is saved. */
export interface SaveOptions {}

/** Saves a model, atomically: an interrupted or failed save leaves the earlier file, or none. @throws {PruneError} `io-failed` */
export function saveOnnx(model: Pick<Model, "graph">, path: string): Promise<void> {
  return saveGraph(model.graph, path);
}

/** See {@link saveOnnx}. */
export async function saveGraph(graph: Graph, path: string): Promise<void> {
  await writeFiles([{ path, chunks: encodeModel(graph).chunks }]);
}
