// Type-checks every TypeScript block of the guide and of the READMEs, looks up every flag of their shell blocks, and
// follows the links between files of the repository.
//
// A block is a module of its own; `ts [name.ts]` gives it a name that other blocks of its page import. Names that examples
// leave to the reader, such as `model` or `images`, are declared in given.d.ts.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { packages, root } from "./packages.mjs";

const here = fileURLToPath(new URL("../", import.meta.url));
const out = join(here, "dist/blocks");

/** Code blocks of a page: language, name, text and line. */
function* blocksOf(text) {
  for (const match of text.matchAll(/^```(\w+)(?: \[(.+?)\])?\n([\s\S]*?)^```/gm)) {
    const [, language, name, code] = match;
    yield { language, name, code, line: text.slice(0, match.index).split("\n").length + 1 };
  }
}

/** Pages that hold examples, from the root of the repository. */
const pages = [
  "README.md",
  "CONTRIBUTING.md",
  "ARCHITECTURE.md",
  "SECURITY.md",
  ...packages.map((name) => `packages/${name}/README.md`),
  ...readdirSync(join(here, "guide")).map((name) => `apps/docs/guide/${name}`),
];
const texts = pages.map((page) => ({ page, text: readFileSync(root + page, "utf8") }));
const blocks = texts.flatMap(({ page, text }) => [...blocksOf(text)].map((block) => ({ page, ...block })));

/** Writes the modules, and compiles them in one go. Lines of errors become those of the pages. */
function checkTypes() {
  rmSync(out, { recursive: true, force: true });
  const places = new Map();
  for (const { page, name, language, code, line } of blocks) {
    if (language !== "ts") continue;
    const file = `${page.replaceAll(/[/.]/g, "-")}/${name ?? `line-${line}.ts`}`;
    places.set(file, { page, line });
    mkdirSync(dirname(join(out, file)), { recursive: true });
    writeFileSync(join(out, file), `${code}\nexport {};\n`);
  }
  const tsc = fileURLToPath(new URL("../../../node_modules/typescript/bin/tsc", import.meta.url));
  const { stdout, status } = spawnSync(
    process.execPath,
    [tsc, "-p", join(here, "tsconfig.json"), "--pretty", "false"],
    {
      cwd: out,
      encoding: "utf8",
    },
  );
  const problems = stdout.replaceAll(/^(\S+)\((\d+),\d+\): error/gm, (whole, file, at) => {
    const place = places.get(file);
    return place ? `${place.page}:${place.line + Number(at)}: error` : whole;
  });
  return { count: places.size, problems: status === 0 ? [] : [problems.trim()] };
}

/** Flags that examples of the command use and the command does not have. */
function checkFlags() {
  const bin = `${root}packages/cli/dist/bin.js`;
  const helps = new Map();
  const helpOf = (command) => {
    if (!helps.has(command)) {
      const { stdout, status } = spawnSync(process.execPath, [bin, command, "--help"], { encoding: "utf8" });
      helps.set(command, status === 0 ? stdout : undefined);
    }
    return helps.get(command);
  };
  const problems = [];
  let count = 0;
  for (const { page, language, code, line } of blocks) {
    if (language !== "sh") continue;
    for (const [, command, rest] of code
      .replaceAll("\\\n", " ")
      .matchAll(/^(?:npx )?(?:prune|node \S*bin\.js) (\w+)(.*)$/gm)) {
      count++;
      const help = helpOf(command);
      if (help === undefined) problems.push(`${page}:${line}: there is no command "prune ${command}"`);
      for (const [flag] of rest.replace(/#.*/, "").matchAll(/(?<=\s)--?[a-z][a-z-]*/g))
        if (help && !new RegExp(`(^|[\\s,])${flag}(?![a-z-])`).test(help))
          problems.push(`${page}:${line}: "prune ${command}" has no ${flag}`);
    }
  }
  return { count, problems };
}

/** Links of READMEs to files that are not there. VitePress follows those of the guide. */
function checkLinks() {
  const links = texts
    .filter(({ page }) => !page.startsWith("apps/docs/guide/"))
    .flatMap(({ page, text }) =>
      [...text.matchAll(/\]\((?!\w+:|#)([^)#\s]+)/g)].map(([, target]) => ({ page, target })),
    );
  const problems = links
    .filter(({ page, target }) => !existsSync(join(root, dirname(page), target)))
    .map(({ page, target }) => `${page}: the link to ${target} leads nowhere`);
  return { count: links.length, problems };
}

const types = checkTypes();
const flags = checkFlags();
const links = checkLinks();
const problems = [...types.problems, ...flags.problems, ...links.problems];
for (const problem of problems) console.error(problem);
console.log(`${types.count} blocks of TypeScript, ${flags.count} command lines and ${links.count} links checked.`);
process.exitCode = problems.length ? 1 : 0;
