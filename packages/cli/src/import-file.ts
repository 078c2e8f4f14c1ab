import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { errorTypeScript } from "./errors.ts";

type Module = Readonly<Record<string, unknown>>;

/** The part of jiti that is used here. */
interface Jiti {
  readonly createJiti: (from: string) => { readonly import: (path: string) => Promise<Module> };
}

/**
 * Imports a file; TypeScript by Node itself where it can (22.18 and newer), else by jiti where that is installed.
 * @param from the folder that jiti is looked up from
 */
export async function importFile(url: URL, from: string): Promise<Module> {
  const { typescript } = process.features as { readonly typescript?: string | false };
  if (!/\.[mc]?tsx?$/.test(url.pathname) || typescript) return (await import(url.href)) as Module;
  const { createJiti } = await loadJiti(from);
  return createJiti(url.href).import(fileURLToPath(url));
}

async function loadJiti(from: string): Promise<Jiti> {
  let path: string;
  try {
    path = createRequire(join(from, "prune.js")).resolve("jiti");
  } catch {
    // Not beside the plug-in: beside the command.
    return import("jiti").catch(() => Promise.reject(errorTypeScript(process.versions.node)));
  }
  return (await import(pathToFileURL(path).href)) as Jiti;
}
