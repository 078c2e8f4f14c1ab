import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { type Kind, KINDS, scaffold, ScaffoldError, type Versions } from "./scaffold.ts";

const USAGE = `Usage: npm create prune-plugin NAME -- --kind ${KINDS.join("|")}

Makes the folder NAME: a package in TypeScript, with tests, that adds a scorer (default), a pruner or an operator to prune.`;

/** @returns the exit code: 0 done, 1 the folder could not be made, 2 wrong usage */
export function main(argv: readonly string[], print: (text: string) => void = console.log): number {
  try {
    const { positionals, values } = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: { kind: { type: "string", default: "scorer" }, help: { type: "boolean", short: "h", default: false } },
    });
    if (values.help) {
      print(USAGE);
      return 0;
    }
    const [name, ...more] = positionals;
    if (name === undefined || more.length)
      throw new ScaffoldError("Give one NAME, which is the package's and its folder's.");
    const kind = KINDS.find((k) => k === values.kind);
    if (!kind) throw new ScaffoldError(`--kind is one of ${KINDS.join(", ")}; got "${values.kind}".`);
    const folder = name.replace(/^@[^/]*\//, "");
    scaffold({ folder: resolve(folder), name, kind, versions: versions() });
    print(nextSteps(name, folder, kind));
    return 0;
  } catch (error) {
    // An unknown flag is a TypeError of parseArgs.
    const wrong = error instanceof ScaffoldError || error instanceof TypeError;
    console.error(`create-prune-plugin: ${error instanceof Error ? error.message : String(error)}`);
    if (wrong) console.error(`\n${USAGE}`);
    return wrong ? 2 : 1;
  }
}

/** What this version of the package was tested with: its own development dependencies. */
function versions(): Versions {
  const file = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  return (JSON.parse(file) as { devDependencies: Versions }).devDependencies;
}

const USE: Readonly<Record<Kind, string>> = {
  scorer: "prune run model.onnx -o half.onnx --target macs=0.5",
  pruner: "prune run model.onnx -o less.onnx",
  operator: "prune inspect model.onnx",
};

function nextSteps(name: string, folder: string, kind: Kind): string {
  const flag = { scorer: `--scorer ${folder}`, pruner: `--type ${folder}`, operator: "" }[kind];
  return [
    `Made ${folder}: ${kind === "operator" ? "an" : "a"} ${kind}, and its tests.`,
    "",
    `  cd ${folder}`,
    "  npm install",
    "  npm test",
    "  npm pack                                  # and install the tarball where you run prune, or publish it",
    "",
    `  ${USE[kind]} --plugin ${name} ${flag}`.trimEnd(),
  ].join("\n");
}
