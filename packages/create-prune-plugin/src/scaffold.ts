import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

/** What can be made. */
export const KINDS = ["scorer", "pruner", "operator"] as const;

export type Kind = (typeof KINDS)[number];

/** Version ranges by package. */
export type Versions = Readonly<Record<string, string>>;

export interface ScaffoldOptions {
  /** Where it goes; made, or empty. */
  readonly folder: string;
  /** The package's name, `name` or `@scope/name`. What it offers is called `name`. */
  readonly name: string;
  readonly kind: Kind;
  /** Of what it depends on: @prune/core, @prune/backend-onnx, onnxruntime-node, typescript, @types/node. */
  readonly versions: Versions;
}

/** Wrong usage: says what was expected, and what came. */
export class ScaffoldError extends Error {
  override readonly name = "ScaffoldError";
}

/** What a package of each kind is tested with, besides TypeScript. */
const TESTED_WITH: Readonly<Record<Kind, readonly string[]>> = {
  scorer: [],
  pruner: [],
  operator: ["@prune/backend-onnx", "onnxruntime-node"],
};

/** Makes a package that adds something to the toolkit, with tests that pass. @throws {ScaffoldError} */
export function scaffold({ folder, name, kind, versions }: ScaffoldOptions): void {
  if (!/^(@[a-z0-9][a-z0-9._-]*\/)?[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name))
    throw new ScaffoldError(`NAME is a package's: lower case, with dashes between words; got "${name}".`);
  if (existsSync(folder) && readdirSync(folder).length)
    throw new ScaffoldError(`${folder} is there already, and not empty.`);
  const names = namesOf(name);
  for (const part of ["common", kind]) {
    const template = fileURLToPath(new URL(`../template/${part}/`, import.meta.url));
    for (const file of filesIn(template)) {
      const text = replaced(readFileSync(file, "utf8"), names);
      write(join(folder, replaced(relative(template, file), names)), text);
    }
  }
  const manifest = JSON.stringify(manifestOf(name, kind, versions), undefined, 2);
  write(join(folder, "package.json"), `${manifest}\n`);
}

/** What stands in the templates, and what takes its place. */
type Names = readonly (readonly [placeholder: string, name: string])[];

function namesOf(name: string): Names {
  const bare = name.replace(/^@[^/]*\//, "");
  const camel = bare.replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase());
  const pascal = camel.charAt(0).toUpperCase() + camel.slice(1);
  return [
    ["my-package", name],
    ["my-thing", bare],
    ["myThing", camel],
    ["MyThing", pascal],
    // npm leaves such a file out of a package.
    ["_gitignore", ".gitignore"],
  ];
}

const replaced = (text: string, names: Names): string =>
  names.reduce((result, [placeholder, name]) => result.replaceAll(placeholder, name), text);

function filesIn(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? filesIn(path) : [path];
  });
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

function manifestOf(name: string, kind: Kind, versions: Versions): object {
  const ranges = (names: readonly string[]): Versions => Object.fromEntries(names.map((n) => [n, versions[n] ?? "*"]));
  return {
    name,
    version: "0.1.0",
    description: `${kind === "operator" ? "An" : "A"} ${kind} for prune.`,
    keywords: ["prune-plugin", "pruning", kind],
    license: "MIT",
    type: "module",
    sideEffects: false,
    exports: { ".": { types: "./dist/index.d.ts", default: "./dist/index.js" }, "./package.json": "./package.json" },
    files: ["dist", "!dist/**/*.test.*"],
    scripts: { build: "tsc", test: "tsc && node --test dist/*.test.js", prepack: "tsc" },
    dependencies: ranges(["@prune/core"]),
    devDependencies: ranges([...TESTED_WITH[kind], "@types/node", "typescript"].toSorted()),
    engines: { node: ">=20.19" },
  };
}
