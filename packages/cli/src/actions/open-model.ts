import { type LoadOptions, loadOnnx, onnxruntimeNode, type SaveOptions } from "@prune/backend-onnx/node";
import type { Model } from "@prune/core";
import { errorKeepQuantization, errorSparseStorage, errorUnknownDim } from "../errors.ts";
import type { Io } from "../io.ts";
import type { PrintFlags, ProviderFlags, RuntimeFlags } from "../flags.ts";

/** Flags that say how a model is opened. */
export type OpenFlags = RuntimeFlags & ProviderFlags & PrintFlags & { readonly keepQuantization?: boolean };

/** Opens a model the way the flags say. */
export async function openModel(path: string, flags: OpenFlags, io: Io, saving: SaveOptions = {}): Promise<Model> {
  if (saving.sparse && isTfjs(path)) throw errorSparseStorage(path);
  const model = isTfjs(path)
    ? await (await import("./tfjs.ts")).openTfjs(path, flags)
    : await openOnnx(path, flags, io, saving);
  const known = new Set(model.graph.inputs.flatMap((v) => v.dims ?? []).filter((d) => typeof d === "string"));
  for (const name of Object.keys(flags.dim ?? {})) if (!known.has(name)) throw errorUnknownDim(name, [...known]);
  return model;
}

/** Models of TensorFlow.js are JSON files, with weights beside them. */
export const isTfjs = (path: string): boolean => /\.json$/i.test(path);

async function openOnnx(path: string, flags: OpenFlags, io: Io, saving: SaveOptions): Promise<Model> {
  if (flags.keepQuantization) throw errorKeepQuantization(path);
  // The runtime is loaded while the file is being read; if it cannot be, whoever runs the model is told.
  void onnxruntimeNode().catch(() => undefined);
  return loadOnnx(path, { ...loadOptions(flags, io), saving });
}

function loadOptions({ threads, ep, quiet }: OpenFlags, io: Io): LoadOptions {
  return {
    ...(ep ? { executionProviders: ep } : {}),
    ...(threads ? { sessionOptions: { intraOpNumThreads: threads } } : {}),
    onWarning: (message) => {
      if (!quiet) io.stderr.write(`prune: ${message}\n`);
    },
  };
}
