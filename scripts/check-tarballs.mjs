// Installs what would be published, as users would: plain npm, empty folders outside the workspace, packed packages.
// First little, without a runtime (nothing heavy may come along, and the error must say what to install), then with one;
// then the examples; then a plug-in made by `npm create prune-plugin`, packed, and used by the command by name.
import { execFileSync, spawnSync } from "node:child_process";
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const onWindows = process.platform === "win32";
const model = join(root, "fixtures/fashion-mnist/fashion_mlp.onnx");
const samples = join(root, "fixtures/fashion-mnist/train10k.npz");
const typescript = join(root, "node_modules/typescript/bin/tsc");
const vite = join(dirname(createRequire(fileFrom("vitest/package.json")).resolve("vite/package.json")), "bin/vite.js");

/** The runtime's version, as the catalog in pnpm-workspace.yaml pins it. */
const runtime = /^\s+onnxruntime-node: ([0-9][^\s#]*)/m.exec(
  readFileSync(join(root, "pnpm-workspace.yaml"), "utf8"),
)?.[1];
if (runtime === undefined) throw new Error("pnpm-workspace.yaml: the catalog pins no version of onnxruntime-node");

// npm and pnpm hand their settings down as variables; of these the user's install only gets what names the registry.
const env = {
  ...Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) =>
        !/^p?npm_|^NODE_PATH$/i.test(name) ||
        /^npm_config_(\/\/|registry$|cache$|cafile$|userconfig$|globalconfig$|proxy$|https_proxy$|strict_ssl$)/i.test(
          name,
        ),
    ),
  ),
  ONNXRUNTIME_NODE_INSTALL: "skip",
};

const folder = mkdtempSync(join(tmpdir(), "prune-tarballs-"));

function fileFrom(request) {
  return createRequire(join(root, "package.json")).resolve(request);
}

/** Runs a command in a folder, and says so. @returns what it printed, where that is asked for */
function run(at, command, args, { quiet = false, ...options } = {}) {
  console.log(`$ ${[command, ...args].join(" ").replaceAll(folder, ".").replaceAll(root, "…")}`);
  const stdio = ["ignore", quiet ? "pipe" : "inherit", "inherit"];
  const result = spawnSync(command, args, { cwd: at, env, shell: onWindows, stdio, encoding: "utf8", ...options });
  if (result.status !== 0) throw new Error(`${command} ${args[0]} failed\n${result.stdout ?? ""}`);
  return result.stdout ?? "";
}

const install = (at, ...what) => run(at, "npm", ["install", "--prefer-offline", "--no-audit", "--no-fund", "--loglevel=error", ...what]); // prettier-ignore

/** An empty folder with a package.json. */
function emptyFolder(name) {
  const at = join(folder, name);
  mkdirSync(at, { recursive: true });
  writeFileSync(join(at, "package.json"), `${JSON.stringify({ name, private: true, type: "module" })}\n`);
  return at;
}

/** Names of all installed packages, nested ones too. */
function installed(at) {
  const { packages: all } = JSON.parse(readFileSync(join(at, "package-lock.json"), "utf8"));
  const names = Object.keys(all).map((path) => path.replace(/^.*node_modules\//, ""));
  return [...new Set(names)].filter(Boolean).sort();
}

const bytesIn = (path) =>
  statSync(path).isDirectory()
    ? readdirSync(path).reduce((sum, name) => sum + bytesIn(join(path, name)), 0)
    : statSync(path).size;

function packAll() {
  const at = join(folder, "tarballs");
  mkdirSync(at);
  run(root, "pnpm", ["--filter", "./packages/*", "--recursive", "pack", "--pack-destination", at], {
    env: process.env,
    quiet: true,
  });
  const tarballs = new Map();
  for (const name of readdirSync(at)) {
    const tarball = join(at, name);
    const files = execFileSync("tar", ["-tzf", tarball], { encoding: "utf8" }).split("\n").filter(Boolean);
    const stray = files.filter((file) => /\.test\.|tsbuildinfo|\.turbo|\/(package\/test|node_modules)\//.test(file));
    const own = stray.filter((file) => !file.startsWith("package/template/"));
    if (own.length > 0) throw new Error(`${tarball} contains ${own.join(", ")}`);
    for (const wanted of ["package/LICENSE", "package/package.json"])
      if (!files.includes(wanted)) throw new Error(`${tarball} lacks ${wanted}`);
    tarballs.set(name.replace(/-\d+\.\d+\.\d+.*$/, "").replace(/^prune-/, ""), tarball);
  }
  return tarballs;
}

/** What a script of this folder finds out where packages are installed. */
function script(at, name) {
  copyFileSync(join(root, "scripts", name), join(at, name));
  run(at, process.execPath, [name, join(root, "fixtures")]);
}

/** The smallest install; then its entries, and their declarations for a user who has neither our settings nor a runtime. */
function library(tarballs) {
  const at = emptyFolder("library");
  install(at, ...["core", "scorer-magnitude", "backend-onnx"].map((name) => tarballs.get(name)));
  console.log(`core, one scorer and one backend: ${installed(at).join(" ")}, ${kilobytes(join(at, "node_modules"))}`);
  install(at, tarballs.get("pruner-neuron"));
  const heavy = installed(at).filter((name) => !name.startsWith("@prune/"));
  if (heavy.length > 0) throw new Error(`installing the packages pulled in ${heavy.join(", ")}`);
  const entries = installed(at).flatMap((name) => {
    const { exports } = JSON.parse(readFileSync(join(at, "node_modules", name, "package.json"), "utf8"));
    return Object.keys(exports)
      .filter((key) => key !== "./package.json")
      .map((key) => `${name}${key.slice(1)}`);
  });
  const quoted = entries.map((entry) => JSON.stringify(entry));
  run(at, process.execPath, ["--input-type=module", "-e", quoted.map((entry) => `await import(${entry});`).join(" ")]);
  writeFileSync(
    join(at, "user.ts"),
    `${quoted.map((entry, i) => `import * as entry${i} from ${entry};`).join("\n")}\nexport const all: object[] = [${entries.map((_, i) => `entry${i}`).join(", ")}];\n`,
  );
  const flags = ["--noEmit", "--strict", "--module", "nodenext", "--target", "es2023", "--lib", "es2023,dom"];
  run(at, process.execPath, [typescript, ...flags, "user.ts"]);
  script(at, "tarball-no-runtime.mjs");
  for (const name of ["javascript", "typescript", "vite-page"])
    cpSync(join(root, "examples", name), join(at, name), { recursive: true });
  for (const resolution of ["node16", "bundler"])
    run(at, process.execPath, [typescript, "-p", `typescript/tsconfig.${resolution}.json`]);
  run(at, process.execPath, [vite, "build", "vite-page", "--logLevel", "warn"]);
  const assets = join(at, "vite-page/dist/assets");
  const page = readdirSync(assets).map((name) => readFileSync(join(assets, name), "utf8")).join("\n"); // prettier-ignore
  if (/["']node:/.test(page) || !page.includes("onnxruntime-web"))
    throw new Error("the page needs Node, or lost its runtime");
  console.log(`a page of them: ${kilobytes(assets)}`);
  install(at, `onnxruntime-node@${runtime}`);
  script(at, "tarball-smoke.mjs");
  run(at, process.execPath, ["javascript/prune.mjs", model, "half.onnx"]);
}

const kilobytes = (path) => `${Math.round(bytesIn(path) / 1000)} kB`;

/** A plug-in outside the workspace, its tests, and the command that uses it by name. Ten commands at most. */
function plugin(tarballs) {
  const at = join(folder, "new");
  mkdirSync(at);
  const tools = emptyFolder("tools");
  install(tools, tarballs.get("create-prune-plugin"));
  const create = join(tools, "node_modules/create-prune-plugin/dist/bin.js");
  let commands = 0;
  const step = (where, command, ...args) => {
    commands++;
    return run(where, command, args, { quiet: true });
  };
  // Published, core comes from the registry; here, from its tarball.
  const core = ["--no-save", tarballs.get("core")];
  const quick = ["--prefer-offline", "--no-audit", "--no-fund", "--loglevel=error"];
  step(at, process.execPath, create, "slow-burn", "--kind", "scorer");
  const own = join(at, "slow-burn");
  step(own, "npm", "install", ...quick, ...core);
  step(own, "npm", "test");
  step(own, "npm", "pack", "--silent");
  const app = emptyFolder("app");
  const example = variance(join(own, "node_modules"));
  const toolkit = [...tarballs].filter(([name]) => !/tfjs|create|bullmq/.test(name)).map(([, tarball]) => tarball);
  step(app, "npm", "install", ...quick, ...toolkit, join(own, "slow-burn-0.1.0.tgz"), example);
  const prune = join(app, "node_modules/.bin/prune");
  const listed = step(app, prune, "scorers", "--plugin", "slow-burn");
  if (!listed.includes("slow-burn  |w|^power")) throw new Error(`prune scorers does not list the plug-in:\n${listed}`);
  const flags = ["--target", "macs=0.5", "--plugin", "slow-burn", "--scorer", "slow-burn:power=2"];
  console.log(step(app, prune, "run", model, "-o", "half.onnx", ...flags).split("\n")[0]);
  if (commands > 10) throw new Error(`a plug-in takes ${commands} commands`);
  console.log(`a plug-in, from nothing to a pruned model: ${commands} commands`);
  const calibrated = ["--calib", samples, "--calib-samples", "100", "--recover", "none", "--quiet"];
  run(app, prune, ["run", model, "-o", "half.onnx", "--target", "macs=0.5", "--plugin", "prune-scorer-variance", "--scorer", "variance:relative=true", ...calibrated]); // prettier-ignore
  // The other kinds, which need no more of the registry than is installed by now.
  for (const kind of ["pruner", "operator"]) {
    run(app, process.execPath, [create, `my-${kind}`, "--kind", kind]);
    run(join(app, `my-${kind}`), process.execPath, [typescript, "--typeRoots", join(root, "node_modules/@types")]);
    run(join(app, `my-${kind}`), process.execPath, ["--test", `dist/my-${kind}.test.js`], { quiet: true });
  }
  run(app, prune, ["run", model, "-o", "less.onnx", "--plugin", "./my-pruner", "--type", "my-pruner:below=0.9", "--quiet"]); // prettier-ignore
}

/** The example, tested and packed; what it needs is what a scaffolded package has. @returns its tarball */
function variance(modules) {
  const at = join(folder, "scorer-plugin");
  cpSync(join(root, "examples/scorer-plugin"), at, { recursive: true });
  symlinkSync(modules, join(at, "node_modules"), "junction");
  run(at, "npm", ["test"], { quiet: true });
  const printed = run(at, "npm", ["pack", "--silent"], { quiet: true });
  return join(at, printed.trim().split("\n").at(-1));
}

try {
  const tarballs = packAll();
  library(tarballs);
  plugin(tarballs);
} finally {
  if (existsSync(folder)) rmSync(folder, { recursive: true, force: true });
}
