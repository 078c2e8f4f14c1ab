// Publishes what changesets versioned, with provenance; `--dry-run` shows the tarballs that would be.
//
//   pnpm release [--dry-run]
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
if (process.argv.includes("--dry-run")) {
  for (const name of readdirSync(join(root, "packages")).sort()) {
    const folder = join(root, "packages", name);
    const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    if (manifest.private) continue;
    const text = execFileSync("npm", ["pack", "--dry-run", "--json", "--silent"], { cwd: folder, encoding: "utf8" });
    const [{ id, size, unpackedSize, entryCount }] = JSON.parse(text);
    const kB = (bytes) => `${Math.ceil(bytes / 1000)} kB`.padStart(8);
    console.log(
      `${id.padEnd(36)} ${kB(size)} packed ${kB(unpackedSize)} unpacked ${String(entryCount).padStart(5)} files`,
    );
  }
} else {
  execFileSync(join(root, "node_modules/.bin/changeset"), ["publish"], {
    cwd: root,
    stdio: "inherit",
    env: { ...process.env, NPM_CONFIG_PROVENANCE: "true" },
  });
}
