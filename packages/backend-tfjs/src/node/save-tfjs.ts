import { createHash } from "node:crypto";
import type { Graph, Model } from "@prune/core";
import type { SavingOptions } from "../format/saving.ts";
import { writeTfjs } from "../format/write-tfjs.ts";
import { toTfjs } from "../to-tfjs.ts";
import { writeModelFiles } from "./write-model-files.ts";

/**
 * Saves a model as `model.json` and shards beside it, atomically: an interrupted or failed save leaves the earlier model,
 * or none.
 * @throws {PruneError} `io-failed`, `unsupported`
 */
export async function saveTfjs(model: Pick<Model, "graph">, path: string, options: SavingOptions = {}): Promise<void> {
  await saveGraph(model.graph, path, options);
}

/** See {@link saveTfjs}. */
export async function saveGraph(graph: Graph, path: string, options: SavingOptions = {}): Promise<void> {
  const hash = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex").slice(0, 16);
  // Shards are called after what is in them, so that no shard of an earlier model is ever written over.
  const files = writeTfjs(
    toTfjs(graph, options),
    (group, i, count, bytes) => `group${group + 1}-shard${i + 1}of${count}.${hash(bytes)}.bin`,
  );
  await writeModelFiles(path, files);
}
