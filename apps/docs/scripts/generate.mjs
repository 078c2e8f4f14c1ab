// Pages that are made from what the repository holds: READMEs of packages, tables that benchmarks and the demo wrote, the
// help of every command.
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { packages, root } from "./packages.mjs";

const here = fileURLToPath(new URL("../", import.meta.url));
const read = (path) => readFileSync(root + path, "utf8");

function write(path, text) {
  mkdirSync(here + path.slice(0, path.lastIndexOf("/")), { recursive: true });
  writeFileSync(here + path, text);
}

/** Vue reads double braces and tags in prose; only code may hold them. */
const safe = (text) =>
  text
    .split(/(```[\s\S]*?```|`[^`\n]*`)/)
    .map((part, i) => (i % 2 ? part : part.replaceAll("{{", "&#123;&#123;").replace(/<(?=[A-Za-z])(?!!--)/g, "&lt;")))
    .join("");

/** READMEs link to each other by folder, and to pages of the guide. */
const relinked = (text) =>
  text
    .replaceAll(
      /\]\((?:\.\.\/)*apps\/docs\/guide\/([a-z-]+)\.md(#[\w-]+)?\)/g,
      (_, name, hash = "") => `](/guide/${name}${hash})`,
    )
    .replaceAll(/\]\((?:\.\.|packages)\/([a-z-]+)(?:\/README\.md)?(#[\w-]+)?\)/g, (whole, name, hash = "") =>
      packages.includes(name) ? `](/packages/${name}${hash})` : whole,
    )
    .replaceAll(/\]\((?:\.\.\/)*benchmarks\/accuracy\/(results|retrain)\.md\)/g, (_, name) =>
      name === "results" ? "](/results/accuracy)" : "](/results/retraining)",
    )
    .replaceAll(
      /\]\((?:\.\.\/)*(ARCHITECTURE|CONTRIBUTING|SECURITY)\.md(#[\w-]+)?\)/g,
      (_, name) => `](/${name.toLowerCase()})`,
    );

for (const folder of ["packages", "results"]) rmSync(here + folder, { recursive: true, force: true });
for (const name of packages) {
  const text = read(`packages/${name}/README.md`);
  write(`packages/${name}.md`, relinked(safe(text)));
  for (const [, picture] of text.matchAll(/\]\(([\w-]+\.png)\)/g))
    copyFileSync(`${root}packages/${name}/${picture}`, `${here}packages/${picture}`);
}
for (const name of ["ARCHITECTURE", "CONTRIBUTING", "SECURITY"])
  write(`./${name.toLowerCase()}.md`, relinked(safe(read(`${name}.md`))));

const chosen = read("benchmarks/accuracy/choose.md").replace(/^# /, "## ");
write("results/retraining.md", safe(`${read("benchmarks/accuracy/retrain.md")}\n${chosen}`));
write("results/language-models.md", safe(read("benchmarks/language-model/results.md")));
write("results/accuracy.md", safe(read("benchmarks/accuracy/results.md")));
const table = /<!-- demo:start -->([\s\S]*?)<!-- demo:end -->/.exec(read("README.md"))[1];
write("results/demo.md", `# What the demo prints\n\n\`npx -y pnpm demo\`\n${table}`);

const bin = `${root}packages/cli/dist/bin.js`;
const help = (...command) =>
  execFileSync(process.execPath, [bin, ...command, "--help"], {
    encoding: "utf8",
    env: { ...process.env, NO_COLOR: "1" },
  });
const commands = [...help().matchAll(/^ {2}([a-z]+) .*/gm)].map(([, name]) => name).filter((name) => name !== "help");
const sections = commands.map((name) => `## prune ${name}\n\n\`\`\`text\n${help(name).trimEnd()}\n\`\`\`\n`);
write("guide/command-line.md", `# Command line\n\n${sections.join("\n")}`);
