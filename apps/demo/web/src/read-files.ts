import type { NamedFile } from "./engine/api.ts";

/** The bytes of files that a person chose. */
export const readFiles = (files: FileList): Promise<NamedFile[]> =>
  Promise.all(
    Array.from(files, async (file) => ({ name: file.name, bytes: new Uint8Array(await file.arrayBuffer()) })),
  );
