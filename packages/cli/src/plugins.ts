import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { isAbsolute, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { OpHandler, Pruner, Scorer } from "@prune/core";
import { errorEmptyPlugin, errorNoPlugin } from "./errors.ts";
import { createRegistry, type Registry } from "./registry.ts";

/**
 * Loads a plugin and registers what it exports: functions of options that return scorers or pruners, and operator
 * rules, or functions that return them. Names are those that the objects give themselves.
 */
export async function loadPlugin(registry: Registry, specifier: string, from: string = process.cwd()): Promise<void> {
  const exported = await importFrom(specifier, from);
  let found = 0;
  for (const value of Object.values(exported)) {
    const make = typeof value === "function" ? (value as Factory) : undefined;
    const made = make ? callOf(make) : value;
    if (make && isScorer(made))
      registry.addScorer({ name: made.name, from: specifier, make: (o) => make(o) as Scorer });
    else if (make && isPruner(made))
      registry.addPruner({ name: made.name, from: specifier, make: (o) => make(o) as Pruner });
    else if (isOperator(made)) registry.addOperator(made, specifier);
    else continue;
    found++;
  }
  if (!found) throw errorEmptyPlugin(specifier);
}

/** The operator rules of some plugins, for commands that need no scorer or pruner. */
export async function operatorsFor(plugins: readonly string[] = []): Promise<readonly OpHandler[]> {
  const registry = createRegistry();
  for (const name of plugins) await loadPlugin(registry, name);
  return registry.operators;
}

type Factory = (options: object) => unknown;

/** What a factory makes of no options; undefined for a function that is none. */
function callOf(make: Factory): unknown {
  try {
    return make({});
  } catch {
    return undefined;
  }
}

const has = (value: unknown, key: string, type: string): boolean =>
  typeof value === "object" && value !== null && typeof (value as Record<string, unknown>)[key] === type;

const isScorer = (value: unknown): value is Scorer =>
  has(value, "name", "string") &&
  ["score", "scoreMember", "scoreWeights"].some((way) => has(value, way, "function")) &&
  Array.isArray((value as { needs?: unknown }).needs);

const isPruner = (value: unknown): value is Pruner => has(value, "name", "string") && has(value, "decide", "function");

const isOperator = (value: unknown): value is OpHandler =>
  has(value, "type", "string") && ["links", "cut", "macs"].some((rule) => has(value, rule, "function"));

async function importFrom(specifier: string, from: string): Promise<Record<string, unknown>> {
  const path =
    /^\.{1,2}[/\\]/.test(specifier) || isAbsolute(specifier) ? resolve(from, specifier) : locate(specifier, from);
  try {
    return (await import(path === undefined ? specifier : pathToFileURL(path).href)) as Record<string, unknown>;
  } catch (error) {
    throw errorNoPlugin(specifier, (error instanceof Error ? error.message : String(error)).split("\n")[0]!);
  }
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
