import { rmSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Graph } from "@prune/core";
import type { OrtSession } from "../runtime/ort.ts";
import type { CreateFromPath } from "../runtime/ort-runtime.ts";
import { onInterruption } from "./interruption.ts";
import { saveGraph } from "./save-onnx.ts";

/** Opens a graph that is too large to be handed over in memory: through files in a temporary folder. */
export async function openLarge(graph: Graph, create: CreateFromPath): Promise<OrtSession> {
  const folder = await mkdtemp(join(tmpdir(), "prune-"));
  const stopListening = onInterruption(() => rmSync(folder, { recursive: true, force: true }));
  try {
    const path = join(folder, "model.onnx");
    await saveGraph(graph, path, { externalData: true });
    return await create(path);
  } finally {
    // ONNX Runtime keeps what it mapped, also once the name is gone.
    await rm(folder, { recursive: true, force: true });
    stopListening();
  }
}
