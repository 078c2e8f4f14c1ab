import type { Graph, Model, Runtime } from "@prune/core";
import { errorNoSave, errorTooLarge } from "./errors.ts";
import { MAX_MESSAGE_BYTES } from "./limits.ts";
import { concat } from "./proto/chunk.ts";
import { encodeModel } from "./proto/write-model.ts";

/** What a model needs besides its graph. */
export interface OnnxModelParts {
  readonly runtime: Runtime;
  /** SHA-256, in hex, of the file that `graph` was read from. Default: unknown. */
  readonly sha256?: (() => string) | undefined;
  /** Writes a graph to a path. Default: saving is an error, as it is in a browser. */
  readonly save?: ((graph: Graph, path: string) => Promise<void>) | undefined;
}

/** A model in ONNX format. With another graph it is no longer the file it was read from, so it has no SHA-256 then. */
export function onnxModel(graph: Graph, { runtime, sha256, save }: OnnxModelParts): Model {
  return {
    graph,
    runtime,
    sha256: () => sha256?.(),
    withGraph: (other) => onnxModel(other, { runtime, save, sha256: other === graph ? sha256 : undefined }),
    toBytes() {
      const { chunks, length } = encodeModel(graph);
      if (length > MAX_MESSAGE_BYTES) throw errorTooLarge(length, MAX_MESSAGE_BYTES);
      return concat(chunks);
    },
    async save(path) {
      if (!save) throw errorNoSave();
      await save(graph, path);
    },
  };
}
