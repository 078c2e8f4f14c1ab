// `pnpm check` runs every check; `pnpm check lint types` runs the named ones; `pnpm check --skip test` all but those.
// Every step runs even when an earlier one failed, and the failures are listed at the end.
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

const published = readdirSync(join(root, "packages"), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => `packages/${entry.name}`)
  .filter((folder) => !JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8")).private)
  .sort();

const steps = {
  gen: [
    "node scripts/gen-ops.mjs --check",
    "node packages/report/scripts/make-schema.mjs --check",
    "node benchmarks/accuracy/update-readme.mjs --check",
  ],
  build: ["turbo run build build:web"],
  types: ["tsc -b"],
  lint: ["oxlint --type-aware --deny-warnings"],
  format: ["prettier --check --log-level warn ."],
  test: ["vitest run"],
  depcruise: ["depcruise --output-type err-long packages apps scripts"],
  knip: ["knip --no-progress --config knip.jsonc"],
  sherif: ["sherif"],
  publint: published.map((folder) => `publint --strict --pack pnpm ${folder}`),
  attw: published.map(
    (folder) => `attw --pack ${folder} --profile esm-only --format ascii --no-emoji --no-definitely-typed`,
  ),
  fuzz: ["node fuzz/run.mjs --cases 300"],
  docs: ["node apps/docs/scripts/check-pages.mjs", "npm run --silent --prefix apps/docs docs"],
  api: ["node scripts/api-reports.mjs --check"],
  tarballs: ["node scripts/check-tarballs.mjs"],
};

// Shown only when they fail.
const quiet = new Set(["docs", "publint", "attw"]);

const names = Object.keys(steps);
const args = process.argv.slice(2);
const skip = args.includes("--skip");
const named = args.filter((arg) => arg !== "--skip");
const unknown = named.filter((name) => !names.includes(name));
if (unknown.length > 0) {
  console.error(`No check is called ${unknown.join(", ")}. There are: ${names.join(", ")}.`);
  process.exit(2);
}
const chosen = names.filter((name) => named.length === 0 || named.includes(name) !== skip);

const env = { ...process.env, PATH: `${join(root, "node_modules/.bin")}${delimiter}${process.env.PATH}` };
const failed = [];
for (const name of chosen) {
  console.log(`\n=== ${name}`);
  const started = Date.now();
  const ok = steps[name].map((command) => {
    console.log(`$ ${command}`);
    const output = quiet.has(name) ? "pipe" : "inherit";
    const result = spawnSync(command, {
      cwd: root,
      env,
      shell: true,
      encoding: "utf8",
      stdio: ["ignore", output, output],
    });
    if (result.status !== 0 && quiet.has(name)) console.log(`${result.stdout}${result.stderr}`);
    return result.status === 0;
  });
  if (ok.includes(false)) failed.push(name);
  console.log(`${ok.includes(false) ? "FAILED" : "ok"} ${name} (${((Date.now() - started) / 1000).toFixed(1)} s)`);
}

console.log(failed.length === 0 ? `\nAll ${chosen.length} checks passed.` : `\nFailed: ${failed.join(", ")}`);
process.exitCode = failed.length === 0 ? 0 : 1;
