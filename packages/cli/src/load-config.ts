import { existsSync, readFileSync } from "node:fs";
import { basename, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Command, Option } from "commander";
import { errorConfig, errorConfigKey, errorNoConfig, firstLine } from "./errors.ts";
import { importFile } from "./import-file.ts";
import { isRepeatable } from "./parse.ts";

/** Looked for in the folder that the command runs in, and nowhere else: a configuration is code. */
const NAMES = ["ts", "mts", "js", "mjs", "json"].map((ending) => `prune.config.${ending}`);

/** What a configuration says, by key. */
export type Fields = Readonly<Record<string, unknown>>;

/** The options that take a function in place of a file. */
const SOURCES = ["calib", "eval"];

/**
 * Gives a command's options the values of the configuration; what follows on the command line takes their place.
 * @param root knows all commands
 * @param asked the file that was asked for; false: none is to be loaded
 */
export async function applyConfig(root: Command, command: Command, asked: string | false | undefined): Promise<void> {
  const file = asked === false ? undefined : (asked ?? NAMES.find((name) => existsSync(name)));
  if (file === undefined) return;
  const values = await readConfig(file, process.cwd());
  const known = new Set(["evaluate", ...root.commands.flatMap((c) => c.options.map((o) => o.attributeName()))]);
  const unknown = Object.keys(values).find((key) => !known.has(key));
  if (unknown !== undefined) throw errorConfigKey(file, unknown, "command", [...known].toSorted());
  for (const option of await setValues(command, values, file)) giveWay(command, option);
}

/**
 * Gives a command's options the values that a configuration has for them, after the flags' own checks.
 * @returns the options that have one
 */
export async function setValues(command: Command, { evaluate, ...values }: Fields, file: string): Promise<Option[]> {
  if (evaluate !== undefined && typeof evaluate !== "function")
    throw errorConfig(file, "evaluate", "It must be a function.");
  const given: Option[] = [];
  const set = (key: string, value: unknown): unknown => command.setOptionValueWithSource(key, value, "config");
  const { blaming } = await import("./blame.ts");
  const own = (key: string, work: unknown): unknown =>
    blaming(`${key}() of configuration ${file}`, work as () => unknown);
  const sources: Record<string, unknown> = {};
  for (const option of command.options) {
    const key = option.attributeName();
    const value = values[key];
    if (value === undefined) continue;
    if (SOURCES.includes(key) && typeof value === "function") {
      const name = `${key}() of ${basename(file)}`;
      sources[name] = own(key, value);
      set(key, name);
    } else set(key, valueOf(option, value, file));
    given.push(option);
  }
  set("sources", sources);
  if (evaluate !== undefined) set("evaluate", own("evaluate", evaluate));
  return given;
}

/**
 * Reads what a file configures.
 * @param from the folder that what reads TypeScript is looked up from
 */
export async function readConfig(file: string, from: string): Promise<Fields> {
  const path = resolve(file);
  if (!existsSync(path)) throw errorNoConfig(file, "there is no such file");
  let found: unknown;
  try {
    found = file.endsWith(".json")
      ? JSON.parse(readFileSync(path, "utf8"))
      : (await importFile(pathToFileURL(path), from))["default"];
  } catch (cause) {
    throw errorNoConfig(file, firstLine(cause));
  }
  if (typeof found !== "object" || found === null || Array.isArray(found))
    throw errorNoConfig(
      file,
      file.endsWith(".json") ? "it holds no object" : "it has no default export that is an object",
    );
  return found as Fields;
}

/** A value as its flag would have it, after the flag's own checks. */
function valueOf(option: Option, value: unknown, file: string): unknown {
  const key = option.attributeName();
  if (option.isBoolean() || option.negate) {
    if (typeof value !== "boolean") throw errorConfig(file, key, "It must be true or false.");
    return value;
  }
  let parsed: unknown;
  for (const item of itemsOf(option, value)) {
    if (typeof item === "object" && key === "plugin") {
      parsed = [...((parsed as readonly unknown[] | undefined) ?? []), item];
      continue;
    }
    if (typeof item !== "string" && typeof item !== "number")
      throw errorConfig(file, key, `It must be what ${option.flags} takes, got ${typeof item}.`);
    try {
      parsed = option.parseArg!(String(item), parsed);
    } catch (error) {
      throw errorConfig(file, key, error instanceof Error ? error.message : String(error));
    }
  }
  return parsed;
}

/** A value as it would be given on the command line: once or, where a flag may be repeated, many times. */
export function itemsOf(option: Option, value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return isRepeatable(option.parseArg) ? value : [value.join()];
  if (typeof value !== "object" || value === null) return [value];
  return Object.entries(value).map(([name, of]) => `${name}=${String(of)}`);
}

/** Lets the command line win: a flag there replaces the configuration's value, and those that it cannot stand beside. */
function giveWay(command: Command, option: Option): void {
  const key = option.attributeName();
  const parse = option.parseArg;
  let first = true;
  if (parse) {
    // The value before the first flag is the configuration's: nothing to add to, and no flag given twice.
    option.parseArg = <T>(text: string, earlier: T): T => {
      const before = first ? undefined : earlier;
      first = false;
      return parse(text, before as T);
    };
  }
  for (const other of command.options) {
    if (!conflictsOf(other).includes(key) && !conflictsOf(option).includes(other.attributeName())) continue;
    command.on(`option:${other.name()}`, () => {
      if (command.getOptionValueSource(key) === "config") command.setOptionValue(key, undefined);
    });
  }
}

/** What Commander's types leave out. */
const conflictsOf = (option: Option): readonly string[] =>
  (option as Option & { readonly conflictsWith: readonly string[] }).conflictsWith;
