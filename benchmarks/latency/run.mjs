// Latency of models pruned to half of their MACs, rounded as by default: interleaved medians, one thread.
// Prints a table, and writes it to results.md.
//   node benchmarks/latency/run.mjs MODEL.onnx…
import { createRequire } from "node:module";
import { basename } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { table } from "../table.mjs";

const { resolve } = createRequire(new URL("../../apps/demo/package.json", import.meta.url));
const load = (name) => import(pathToFileURL(resolve(name)));
const { loadOnnx } = await load("@prune/backend-onnx");
const { measureLatency } = await load("@prune/cli");
const { prune } = await load("@prune/core");
const { neuron } = await load("@prune/pruner-neuron");
const { l2 } = await load("@prune/scorer-magnitude");

const results = table(fileURLToPath(new URL("results.md", import.meta.url)), ["model", "MACs ratio", "latency before", "after", "latency ratio", "cost per MAC"]); // prettier-ignore
for (const path of process.argv.slice(2)) {
  const original = await loadOnnx(path);
  const { model, report } = await prune(original, { pruner: neuron(), scorer: l2(), target: { macs: 0.5 } });
  const { models } = await measureLatency([original, model], { threads: 1, seconds: 20 });
  const [before, after] = models.map((m) => m.median);
  const macs = report.after.macs / report.before.macs;
  results.add([
    basename(path),
    macs.toFixed(3),
    `${before.toFixed(1)} ms`,
    `${after.toFixed(1)} ms`,
    (after / before).toFixed(3),
    (after / before / macs).toFixed(2),
  ]);
}
results.write("Medians of interleaved runs, batch 1, 1 thread.");
