// Imports built packages of this workspace, or what one of them depends on.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

/** Imports a package as another one would. */
export async function loadFrom(folder, name) {
  const { resolve } = createRequire(new URL(`../${folder}/package.json`, import.meta.url));
  return import(pathToFileURL(resolve(name)));
}

/** Imports a package of this workspace. */
export const load = (name) => loadFrom("packages/cli", name);
