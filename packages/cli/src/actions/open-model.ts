import { type LoadOptions, loadOnnx, onnxruntimeNode } from "@prune/backend-onnx/node";
import type { Model } from "@prune/core";
import { errorUnknownDim } from "../errors.ts";
import type { Io } from "../io.ts";
import type { PrintFlags, ProviderFlags, RuntimeFlags } from "../flags.ts";

/** Opens a model the way the flags say. */
export async function openModel(
  path: string,
  flags: RuntimeFlags & ProviderFlags & PrintFlags,
  io: Io,
): Promise<Model> {
  // The runtime is loaded while the file is being read; if it cannot be, whoever runs the model is told.
  void onnxruntimeNode().catch(() => undefined);
  const model = await loadOnnx(path, loadOptions(flags, io));
  const known = new Set(model.graph.inputs.flatMap((v) => v.dims ?? []).filter((d) => typeof d === "string"));
  for (const name of Object.keys(flags.dim ?? {})) if (!known.has(name)) throw errorUnknownDim(name, [...known]);
  return model;
}

function loadOptions({ threads, ep, quiet }: RuntimeFlags & ProviderFlags & PrintFlags, io: Io): LoadOptions {
  return {
    ...(ep ? { executionProviders: ep } : {}),
    ...(threads ? { sessionOptions: { intraOpNumThreads: threads } } : {}),
    onWarning: (message) => {
      if (!quiet) io.stderr.write(`prune: ${message}\n`);
    },
  };
}
