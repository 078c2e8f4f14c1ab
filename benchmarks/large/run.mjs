// Peak memory and time of `prune run` on generated language models of 1, 2 and 4 GB with their weights in a file beside
// them. Prints rows as they come, and writes a table to results.md, where those of other sizes and ways stay as they were.
//   node benchmarks/large/run.mjs [--sizes 1e9,2e9,4e9] [--ways l2,magnitude,…]    (needs GNU time)
import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { writeTable } from "../table.mjs";
import { bytesOf, make, SIZES } from "./make.mjs";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const MB = 1e6;
const { layer, block, ends } = bytesOf(SIZES);

/** Samples for the ways that need some: 8 texts of 64 tokens. */
const CALIBRATION = { samples: 8, tokens: 64 };
const connections = ["--type", "connection", "--sparsity", "0.5"];
const calibrated = ["--calib", "ids.npy"];
const unrecovered = [...connections, ...calibrated, "--recover", "none"];
// As in SparseGPT, which leaves the classifier alone.
const surgeon = [...unrecovered, "--ignore", "head*"];
const free = { bound: 3 * layer + 600 * MB, rule: "largest layer × 3 + 600 MB" };
const gathering = { bound: 4 * block + 1000 * MB, rule: "largest block × 4 + 1 GB" };
const WAYS = {
  l2: { ...free, args: ["--scorer", "l2", "--target", "params=0.7"] },
  magnitude: { ...free, args: [...connections, "--scorer", "absolute"] },
  dead: { ...free, args: ["--type", "weight"] },
  wanda: { ...gathering, args: [...unrecovered, "--scorer", "wanda", "--over", "row"] },
  obs: { ...gathering, args: [...surgeon, "--scorer", "obs:select=0,refine=0"] },
  "obs-default": { ...gathering, args: [...surgeon, "--scorer", "obs"] },
  // What is cut is made up for by default where there is calibration data.
  "l2-recovered": { ...gathering, args: ["--scorer", "l2", "--target", "params=0.7", ...calibrated] },
};

const { values } = parseArgs({ options: { sizes: { type: "string", default: "1e9,2e9,4e9" }, ways: { type: "string", default: Object.keys(WAYS).join() } } }); // prettier-ignore
const sizes = values.sizes.split(",").map(Number);
const ways = values.ways.split(",");
for (const way of ways) if (!WAYS[way]) throw new Error(`--ways: ${way} is none of ${Object.keys(WAYS).join()}`);

const dir = mkdtempSync(join(tmpdir(), "prune-large-"));
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(1));
process.on("exit", () => rmSync(dir, { recursive: true, force: true }));

const needed = 3.5 * Math.max(...sizes); // the model, what comes of it, and what waits in a temporary file
const { bavail, bsize } = statfsSync(dir);
if (bavail * bsize < needed) throw new Error(`${dir}: ${(needed / 1e9).toFixed(0)} GB are needed, ${((bavail * bsize) / 1e9).toFixed(0)} are free`); // prettier-ignore

/** Runs `prune run` to its end in a process of its own: peak of its resident memory in bytes, and seconds. */
function measure(args) {
  const found = join(dir, "found");
  const command = ["-q", "-f", "%M %e %U %S", "-o", found, process.execPath, here("../../packages/cli/dist/bin.js"), "run"]; // prettier-ignore
  const { status, stderr } = spawnSync("/usr/bin/time", [...command, ...args], { cwd: dir, encoding: "utf8" });
  if (status !== 0) throw new Error(`prune run ${args.join(" ")} failed: ${stderr}`);
  const [peak, wall, user, system] = readFileSync(found, "utf8").split(" ").map(Number);
  return { peak: peak * 1024, wall, cpu: user + system };
}

/** Tokens, as an array of numpy's. */
function ids({ samples, tokens }) {
  const head = `{'descr': '<i8', 'fortran_order': False, 'shape': (${samples}, ${tokens}), }`.padEnd(117) + "\n";
  const data = BigInt64Array.from({ length: samples * tokens }, (_, i) => BigInt((i * 7919 + ((i * i) % 251)) % SIZES.vocab)); // prettier-ignore
  const start = Buffer.from([0x93, ...Buffer.from("NUMPY"), 1, 0, head.length, 0]);
  return Buffer.concat([start, Buffer.from(head), Buffer.from(data.buffer)]);
}

const results = here("results.md");
const heads = ["way", "model, MB", "peak, MB", "bound, MB", "wall, s", "CPU, s", "CPU s per GB more"];
const rows = new Map();
const keyOf = (cells) => `${cells[0]} ${cells[1]}`;
for (const line of existsSync(results) ? readFileSync(results, "utf8").split("\n").slice(2) : []) {
  const cells = line
    .split("|")
    .slice(1, -1)
    .map((cell) => cell.trim());
  if (cells.length === heads.length) rows.set(keyOf(cells), cells.slice(0, -1));
}

writeFileSync(join(dir, "ids.npy"), ids(CALIBRATION));
const model = join(dir, "model.onnx");
for (const size of sizes) {
  await make(model, size);
  const { size: bytes } = statSync(join(dir, weightsOf("model")[0]));
  for (const way of ways) {
    const out = join(dir, "out.onnx");
    const { bound, args } = WAYS[way];
    const { peak, wall, cpu } = measure([model, "-o", out, "--quiet", ...args]);
    const figures = [bytes / MB, peak / MB, bound / MB, wall, cpu].map((x) => x.toFixed(0));
    const cells = [way, ...figures];
    rows.set(keyOf(cells), cells);
    console.log(cells.join(" | "), peak <= bound ? "" : "above the bound");
    rmSync(out);
    for (const name of weightsOf("out")) rmSync(join(dir, name));
    write();
  }
}

/** The files of weights beside a model. */
function weightsOf(name) {
  return readdirSync(dir).filter((file) => file.startsWith(`${name}-`) && file.endsWith(".data"));
}

function write() {
  const order = (cells) => Object.keys(WAYS).indexOf(cells[0]) * 1e9 + Number(cells[1]);
  const sorted = [...rows.values()].sort((a, b) => order(a) - order(b));
  writeTable(
    results,
    [heads, ...sorted.map((cells, i) => [...cells, perGBMore(cells, sorted[i - 1])])],
    `Peak: of the resident memory of the process, verification included. Bounds: ${free.rule} for \`l2\`, \`magnitude\` and \`dead\`; ${gathering.rule} for those that are calibrated. \`obs\` is \`obs:select=0,refine=0\`, and \`l2-recovered\` recovers with \`reconstruct\`. The largest layer is the ${(layer / MB).toFixed(0)} MB of the embedding and of the classifier, the largest block has ${(block / MB).toFixed(0)} MB. Embedding and classifier, which cost less than blocks of their size, are ${(ends / MB).toFixed(0)} MB of every model; what each GB more takes, against the row above, tells whether time grows with size alone. Calibrated on ${CALIBRATION.samples} × ${CALIBRATION.tokens} tokens.`, // prettier-ignore
  );
}

/** CPU seconds for every GB that a model has more than the one before it; none for the first of its way. */
function perGBMore([way, size, , , , cpu], before) {
  return before?.[0] === way ? ((1000 * (cpu - before[5])) / (size - before[1])).toFixed(0) : "";
}
