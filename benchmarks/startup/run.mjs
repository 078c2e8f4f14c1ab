// How long the command takes to start: wall time of whole processes, interleaved with a bare `node -e 0`.
// node benchmarks/startup/run.mjs [rounds]; writes results.md. On a busy machine the least time says most.
import { spawnSync } from "node:child_process";
import { performance } from "node:perf_hooks";
import { fileURLToPath } from "node:url";
import { table } from "../table.mjs";

const path = (name) => fileURLToPath(new URL(name, import.meta.url));
const rounds = Number(process.argv[2] ?? 21);
const prune = path("../../packages/cli/dist/bin.js");
const model = path("../../fixtures/fashion-mnist/fashion_resnet.onnx");

/** What is run, and how many milliseconds it may take on a machine with nothing else to do. */
const COMMANDS = [
  ["node -e 0", ["-e", "0"], undefined],
  ["prune --help", [prune, "--help"], 150],
  ["prune scorers", [prune, "scorers"], undefined],
  ["prune inspect, a model of 1.1 MB", [prune, "inspect", model], 500],
];

const times = COMMANDS.map(() => []);
for (let round = 0; round < rounds; round++) {
  for (const [i, [name, argv]] of COMMANDS.entries()) {
    const start = performance.now();
    const { status, stderr } = spawnSync(process.execPath, argv, { encoding: "utf8" });
    times[i].push(performance.now() - start);
    if (status !== 0) throw new Error(`${name} failed: ${stderr}`);
  }
}

const results = table(path("results.md"), ["Command", "Least", "Median", "Ratio to node -e 0", "Limit"]);
const least = times.map((list) => Math.min(...list));
for (const [i, [name, , limit]] of COMMANDS.entries()) {
  const median = times[i].toSorted((a, b) => a - b)[Math.floor(rounds / 2)];
  const ms = (value) => `${value.toFixed(0)} ms`;
  results.add([name, ms(least[i]), ms(median), (least[i] / least[0]).toFixed(1), limit ? ms(limit) : ""]);
}
results.write(`Wall time of ${rounds} processes each, in turn.`);
