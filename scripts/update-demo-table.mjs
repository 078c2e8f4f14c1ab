// Runs the demo and puts its table between the markers of the files named, by default every README that has them:
//   <!-- demo:start --> … <!-- demo:end -->
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const between = /(<!-- demo:start -->).*?(<!-- demo:end -->)/s;

const files =
  process.argv.length > 2
    ? process.argv.slice(2)
    : ["README.md", "apps/demo/README.md"].filter((file) => existsSync(join(root, file)));
const found = files.flatMap((file) => {
  const path = join(root, file);
  const text = readFileSync(path, "utf8");
  return between.test(text) ? [{ path, text }] : [];
});
if (found.length === 0) {
  console.error(`No file has the markers: ${files.join(", ")}.`);
  process.exit(1);
}

const demo = spawnSync(process.execPath, [join(root, "apps/demo/dist/index.js"), "--markdown"], {
  encoding: "utf8",
  stdio: ["ignore", "pipe", "inherit"],
});
if (demo.status !== 0) process.exit(demo.status ?? 1);
for (const { path, text } of found) {
  writeFileSync(
    path,
    text.replace(between, (_, start, end) => `${start}\n\n${demo.stdout.trim()}\n\n${end}`),
  );
  console.log(`Updated ${path}`);
}
