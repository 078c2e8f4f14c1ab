import type { Graph, Model, Runtime } from "@prune/core";
import { errorNoSave } from "./errors.ts";
import { operators } from "./foreign/operators.ts";
import { onnxOr } from "./training/onnx-or.ts";
import type { SavingOptions } from "./format/saving.ts";
import { concat, writeTfjs } from "./format/write-tfjs.ts";
import { toTfjs } from "./to-tfjs.ts";

/** What a model needs besides its graph. */
export interface TfjsModelParts {
  readonly runtime: Runtime;
  /** A runtime for ONNX that computes gradients and trains, as it does that faster. Default: `runtime` does. */
  readonly trainer?: Runtime | undefined;
  /** SHA-256, in hex, of `model.json` and the shards that it names, one after another. Default: unknown. */
  readonly sha256?: (() => string) | undefined;
  /** Writes a graph to a path. Default: saving is an error, as it is in a browser. */
  readonly save?: ((graph: Graph, path: string) => Promise<void>) | undefined;
  readonly saving?: SavingOptions | undefined;
}

/** A model in TensorFlow.js's format. With another graph it is no longer the file it was read from, and has no SHA-256. */
export function tfjsModel(graph: Graph, parts: TfjsModelParts): Model {
  const { runtime, trainer, sha256, save } = parts;
  return {
    graph,
    runtime,
    trainer: trainer && onnxOr(trainer, runtime),
    operators,
    sha256: () => sha256?.(),
    withGraph: (other) => tfjsModel(other, { ...parts, sha256: other === graph ? sha256 : undefined }),
    toBytes() {
      const { json, shards } = writeTfjs(toTfjs(graph, parts.saving));
      return concat([json, ...shards.map((shard) => shard.bytes)]);
    },
    async save(path) {
      if (!save) throw errorNoSave();
      await save(graph, path);
    },
  };
}
