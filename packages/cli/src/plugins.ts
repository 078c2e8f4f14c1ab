import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { isAbsolute, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Plugin } from "@prune/core";
import { errorBadPlugin, errorNoPlugin } from "./errors.ts";
import { importFile } from "./import-file.ts";
import type { Registry } from "./registry.ts";

/**
 * Loads a plug-in and registers what it offers.
 * @param specifier a path that begins with a dot or is absolute, a package, or the plug-in itself
 * @param from the folder that paths and packages are looked up from
 */
export async function loadPlugin(
  registry: Registry,
  specifier: string | Plugin,
  from: string = process.cwd(),
): Promise<void> {
  const where = typeof specifier === "string" ? specifier : "the configuration";
  const plugin = typeof specifier === "string" ? exportedBy(await importFrom(specifier, from), specifier) : specifier;
  const { checkPlugin } = await import("@prune/core");
  const [problem] = checkPlugin(plugin);
  const { name } = (plugin ?? {}) as { readonly name?: unknown };
  if (problem !== undefined) throw errorBadPlugin(typeof name === "string" && name !== where ? `${name} (${where})` : where, problem); // prettier-ignore
  const { blamingPlugin } = await import("./blame.ts");
  const who = name === where ? where : `${String(name)} (${where})`;
  registry.use(blamingPlugin(plugin as Plugin, `Plug-in ${who}`), where);
}

/** What a module exports as its plug-in. */
function exportedBy(module: Readonly<Record<string, unknown>>, specifier: string): unknown {
  const found = ["plugin", "default"].find((name) => module[name] !== undefined);
  if (found !== undefined) return module[found];
  const exported = Object.keys(module).join(", ") || "nothing";
  throw errorBadPlugin(
    specifier,
    `must export its plug-in under the name "plugin", made with definePlugin; it exports ${exported}`,
  );
}

async function importFrom(specifier: string, from: string): Promise<Record<string, unknown>> {
  try {
    const path = /^\.{1,2}([/\\]|$)/.test(specifier) || isAbsolute(specifier) ? entryAt(resolve(from, specifier)) : locate(specifier, from); // prettier-ignore
    return path === undefined
      ? ((await import(specifier)) as Record<string, unknown>)
      : await importFile(pathToFileURL(path), from);
  } catch (error) {
    throw errorNoPlugin(specifier, error);
  }
}

/** A file as it is; of a folder, what the package in it is loaded by. */
function entryAt(path: string): string {
  if (!existsSync(join(path, "package.json"))) return path;
  return esmEntry(path) ?? createRequire(join(path, "package.json")).resolve(path);
}

/** The main file of a package as installed where the command runs; undefined when only the command itself may see it. */
function locate(name: string, from: string): string | undefined {
  const require = createRequire(join(from, "prune.js"));
  try {
    return require.resolve(name);
  } catch {
    const folder = require.resolve
      .paths(name)
      ?.map((f) => join(f, name))
      .find((f) => existsSync(join(f, "package.json")));
    return folder === undefined ? undefined : esmEntry(folder);
  }
}

/** The entry of a package that has one for `import` alone, which `require.resolve` cannot see. */
function esmEntry(folder: string): string | undefined {
  const { exports } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { exports?: unknown };
  let entry = typeof exports === "object" && exports !== null && "." in exports ? exports["."] : exports;
  while (typeof entry === "object" && entry !== null) {
    entry = Object.entries(entry).find(([condition]) => ["node", "import", "default"].includes(condition))?.[1];
  }
  return typeof entry === "string" ? join(folder, entry) : undefined;
}
