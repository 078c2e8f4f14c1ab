import type { Model } from "@prune/core";
import type { NamedFile } from "./api.ts";

/** A network as files, the first of which has the name given. */
export async function filesOf(model: Model, name: string): Promise<NamedFile[]> {
  if (model.runtime.name !== "tfjs") return [{ name, bytes: model.toBytes() }];
  const { tfjsFiles } = await import("@prune/backend-tfjs");
  const { json, shards } = tfjsFiles(model);
  return [{ name, bytes: json }, ...shards];
}

/** What files take after gzip, as a server would send them. */
export async function gzippedBytes(files: readonly NamedFile[]): Promise<number> {
  let bytes = 0;
  const all = new Blob(files.map((file) => file.bytes as Uint8Array<ArrayBuffer>));
  const reader = all.stream().pipeThrough(new CompressionStream("gzip")).getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) bytes += part.value.length;
  return bytes;
}
