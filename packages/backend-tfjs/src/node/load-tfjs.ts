import { createHash } from "node:crypto";
import { readFile, realpath, stat } from "node:fs/promises";
import { basename, dirname, isAbsolute, relative, resolve, sep } from "node:path";
import { isPruneError, type Model, type Runtime } from "@prune/core";
import { errorMissingShard, errorRead, errorShardLocation } from "../errors.ts";
import type { SavingOptions } from "../format/saving.ts";
import type { TfjsPackages } from "../load-artifacts.ts";
import { readTfjs } from "../read-model.ts";
import type { TfjsRuntimeOptions } from "../runtime/tfjs-runtime.ts";
import { tfjsConverter, tfjsLayers } from "./packages.ts";
import { saveGraph } from "./save-tfjs.ts";
import { loadWasm } from "./wasm.ts";

/** How a model is loaded from files. */
export interface LoadOptions extends TfjsRuntimeOptions, TfjsPackages {
  /** How `model.save` and `model.toBytes` write weights. */
  readonly saving?: SavingOptions | undefined;
  /** A runtime for ONNX, such as `ortRuntime` of `@prune/backend-onnx`, that computes gradients and trains. Default: TensorFlow.js does. */
  readonly trainer?: Runtime | undefined;
}

/**
 * Loads a TensorFlow.js model from its `model.json`; the shards that it names lie beside it. Runs on the `wasm` backend
 * unless told otherwise.
 * @throws {PruneError} `io-failed`, `bad-model` or `missing-dependency`
 */
export async function loadTfjs(path: string, options: LoadOptions = {}): Promise<Model> {
  const { backend = "wasm", load = backend === "wasm" ? loadWasm : undefined, saving, trainer } = options;
  const { layers = tfjsLayers, converter = tfjsConverter } = options;
  const source = basename(path);
  const json = await readFile(path).catch((cause: unknown) => {
    throw errorRead(path, cause);
  });
  const shards: Uint8Array[] = [];
  const shard = async (name: string): Promise<Uint8Array> => {
    const bytes = await readShard(path, name, source);
    shards.push(bytes);
    return bytes;
  };
  let hash: string | undefined;
  const digest = (): string => shards.reduce((h, part) => h.update(part), createHash("sha256").update(json)).digest("hex"); // prettier-ignore
  return readTfjs(json.toString("utf8"), shard, {
    source,
    backend,
    load,
    layers,
    converter,
    saving,
    trainer,
    sha256: () => (hash ??= digest()),
    save: (changed, target) => saveGraph(changed, target, saving),
  });
}

/** Reads a file with weights, which must lie in the model's folder. */
async function readShard(model: string, shard: string, source: string): Promise<Uint8Array> {
  const folder = dirname(resolve(model));
  if (isAbsolute(shard) || /^[a-z]:|^\\/i.test(shard) || shard.split(/[/\\]/).includes("..")) {
    throw errorShardLocation(source, shard);
  }
  try {
    const path = await realpath(resolve(folder, shard));
    // Download caches keep a model and its weights as links into a common folder: that one counts as the model's too.
    const folders = [await realpath(folder), dirname(await realpath(model))];
    if (!folders.some((parent) => isInside(path, parent))) throw errorShardLocation(source, shard);
    if (!(await stat(path)).isFile()) throw new Error("it is not a file");
    return await readFile(path);
  } catch (cause) {
    throw isPruneError(cause) ? cause : errorMissingShard(source, shard, cause);
  }
}

function isInside(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way !== "" && way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}
