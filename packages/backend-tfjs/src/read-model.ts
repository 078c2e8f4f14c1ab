import type { Model } from "@prune/core";
import { readManifest, withWeights } from "./format/read-tfjs.ts";
import { concat } from "./format/write-tfjs.ts";
import { graphOf, type TfjsPackages } from "./load-artifacts.ts";
import { tfjsRuntime, type TfjsRuntimeOptions } from "./runtime/tfjs-runtime.ts";
import { tfjsModel, type TfjsModelParts } from "./tfjs-model.ts";

/** How a model is read and run. */
export interface ReadOptions extends TfjsRuntimeOptions, TfjsPackages, Omit<TfjsModelParts, "runtime"> {
  /** What messages call the model. Default "model.json". */
  readonly source?: string | undefined;
}

/**
 * Reads a LayersModel or GraphModel from wherever its files are: in a page, say, with `fetch`.
 * @param json what `model.json` holds
 * @param shard gives the bytes of a file with weights, by the path that `model.json` has for it; called one by one
 * @throws {PruneError} `bad-model` or `missing-dependency`
 */
export async function readTfjs(
  json: string,
  shard: (path: string) => Promise<Uint8Array>,
  options: ReadOptions = {},
): Promise<Model> {
  const { source = "model.json", backend, load, layers, converter, ...parts } = options;
  const manifest = readManifest(json, source);
  const buffers: Uint8Array[] = [];
  for (const { paths } of manifest.groups) {
    const bytes: Uint8Array[] = [];
    for (const path of paths) bytes.push(await shard(path));
    buffers.push(concat(bytes));
  }
  const file = withWeights(manifest, buffers, source);
  await load?.();
  const graph = await graphOf(file, { layers, converter }, source);
  return tfjsModel(graph, { ...parts, runtime: tfjsRuntime({ backend, load }) });
}
