// Installs what would be published, as a user would: plain npm, an empty folder outside the workspace, tarballs.
// First without a runtime (nothing heavy may come along, and the error must say what to install), then with one.
import { execFileSync, spawnSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const packages = ["core", "scorer-magnitude", "pruner-neuron", "backend-onnx"];
const onWindows = process.platform === "win32";

/** The runtime's version, as the catalog in pnpm-workspace.yaml pins it. */
const runtime = /^\s+onnxruntime-node: ([0-9][^\s#]*)/m.exec(
  readFileSync(join(root, "pnpm-workspace.yaml"), "utf8"),
)?.[1];
if (runtime === undefined) throw new Error("pnpm-workspace.yaml: the catalog pins no version of onnxruntime-node");

// npm and pnpm hand their settings down as variables; of these the user's install only gets what names the registry.
const env = Object.fromEntries(
  Object.entries(process.env).filter(
    ([name]) =>
      !/^p?npm_/i.test(name) ||
      /^npm_config_(\/\/|registry$|cache$|cafile$|userconfig$|globalconfig$|proxy$|https_proxy$|strict_ssl$)/i.test(
        name,
      ),
  ),
);

function run(command, args, options = {}) {
  console.log(`$ ${[command, ...args].join(" ").replaceAll(folder, ".")}`);
  const { status } = spawnSync(command, args, {
    cwd: folder,
    env,
    shell: onWindows,
    stdio: ["ignore", "inherit", "inherit"],
    ...options,
  });
  if (status !== 0) throw new Error(`${command} ${args[0]} failed`);
}

/** Names of all installed packages, nested ones too. */
function installed() {
  const { packages: all } = JSON.parse(readFileSync(join(folder, "package-lock.json"), "utf8"));
  const names = Object.keys(all).map((path) => path.replace(/^.*node_modules\//, ""));
  return [...new Set(names)].filter(Boolean).sort();
}

function script(name) {
  copyFileSync(join(root, "scripts", name), join(folder, name));
  run(process.execPath, [name, join(root, "fixtures")]);
}

const folder = mkdtempSync(join(tmpdir(), "prune-tarballs-"));
try {
  const tarballs = packages.map((name) => {
    const at = join(folder, "tarballs", name);
    mkdirSync(at, { recursive: true });
    run("pnpm", ["pack", "--pack-destination", at], {
      cwd: join(root, "packages", name),
      env: process.env,
      stdio: ["ignore", "ignore", "inherit"],
    });
    return join(at, readdirSync(at)[0]);
  });

  for (const tarball of tarballs) {
    const files = execFileSync("tar", ["-tzf", tarball], { encoding: "utf8" }).split("\n").filter(Boolean);
    const stray = files.filter((file) => /\.test\.|tsbuildinfo|\.turbo|\/(package\/test|node_modules)\//.test(file));
    if (stray.length > 0) throw new Error(`${tarball} contains ${stray.join(", ")}`);
    for (const wanted of ["package/LICENSE", "package/package.json"])
      if (!files.includes(wanted)) throw new Error(`${tarball} lacks ${wanted}`);
  }

  writeFileSync(join(folder, "package.json"), `${JSON.stringify({ name: "user", private: true, type: "module" })}\n`);
  run("npm", ["install", "--no-audit", "--no-fund", "--loglevel=error", ...tarballs]);

  const heavy = installed().filter((name) => /^@tensorflow\/|^onnxruntime/.test(name));
  if (heavy.length > 0) throw new Error(`installing the packages pulled in ${heavy.join(", ")}`);
  console.log(`installed: ${installed().join(" ")}`);

  const entries = packages.flatMap((name) => {
    const { exports } = JSON.parse(readFileSync(join(folder, "node_modules/@prune", name, "package.json"), "utf8"));
    return Object.keys(exports)
      .filter((key) => key !== "./package.json")
      .map((key) => `@prune/${name}${key.slice(1)}`);
  });
  const quoted = entries.map((entry) => JSON.stringify(entry));
  run(process.execPath, ["--input-type=module", "-e", quoted.map((entry) => `await import(${entry});`).join(" ")]);

  // The declarations must hold for a user who has neither our settings nor the optional runtimes.
  writeFileSync(
    join(folder, "user.ts"),
    `${quoted.map((entry, i) => `import * as entry${i} from ${entry};`).join("\n")}\nexport const all: object[] = [${entries.map((_, i) => `entry${i}`).join(", ")}];\n`,
  );
  const typescript = join(root, "node_modules/typescript/bin/tsc");
  const flags = ["--noEmit", "--strict", "--module", "nodenext", "--target", "es2023", "--lib", "es2023,dom"];
  run(process.execPath, [typescript, ...flags, "user.ts"]);

  script("tarball-no-runtime.mjs");

  run("npm", ["install", "--no-audit", "--no-fund", "--loglevel=error", `onnxruntime-node@${runtime}`], {
    env: { ...env, ONNXRUNTIME_NODE_INSTALL: "skip" },
  });
  script("tarball-smoke.mjs");
} finally {
  if (existsSync(folder)) rmSync(folder, { recursive: true, force: true });
}
