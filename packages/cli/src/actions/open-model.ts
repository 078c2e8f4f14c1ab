import { type LoadOptions, loadOnnx, onnxruntimeNode } from "@prune/backend-onnx/node";
import { dynamicDims, type Model } from "@prune/core";
import { errorKeepQuantization, errorOnnxStorage, errorUnknownDim } from "../errors.ts";
import type { Io } from "../io.ts";
import type { PrintFlags, ProviderFlags, RuntimeFlags } from "../flags.ts";

/** Flags that say how what becomes of a model is saved. */
interface StorageFlags {
  readonly keepQuantization?: boolean;
  readonly sparseStorage?: boolean;
  readonly externalData?: boolean;
}

/** Flags that say how a model is opened. */
export type OpenFlags = RuntimeFlags & ProviderFlags & PrintFlags & StorageFlags;

/** Opens a model the way the flags say. */
export async function openModel(path: string, flags: OpenFlags, io: Io): Promise<Model> {
  if (flags.sparseStorage && isTfjs(path)) throw errorOnnxStorage("--sparse-storage", path);
  if (flags.externalData && isTfjs(path)) throw errorOnnxStorage("--external-data", path);
  const model = isTfjs(path)
    ? await (await import("./tfjs.ts")).openTfjs(path, flags)
    : await openOnnx(path, flags, io);
  const known = dynamicDims(model.graph);
  for (const name of Object.keys(flags.dim ?? {})) if (!known.includes(name)) throw errorUnknownDim(name, known);
  return model;
}

/** Models of TensorFlow.js are JSON files, with weights beside them. */
export const isTfjs = (path: string): boolean => /\.json$/i.test(path);

async function openOnnx(path: string, flags: OpenFlags, io: Io): Promise<Model> {
  if (flags.keepQuantization) throw errorKeepQuantization(path);
  // The runtime is loaded while the file is being read; if it cannot be, whoever runs the model is told.
  void onnxruntimeNode().catch(() => undefined);
  const saving = { sparse: flags.sparseStorage, externalData: flags.externalData };
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
