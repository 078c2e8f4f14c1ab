// Latency of models pruned to half of their MACs, rounded as by default: interleaved medians, one thread.
//   node benchmarks/latency/run.mjs MODEL.onnx…
import { createRequire } from "node:module";
import { basename } from "node:path";
import { pathToFileURL } from "node:url";

const { resolve } = createRequire(new URL("../../apps/demo/package.json", import.meta.url));
const load = (name) => import(pathToFileURL(resolve(name)));
const { loadOnnx } = await load("@prune/backend-onnx");
const { measureLatency } = await load("@prune/cli");
const { prune } = await load("@prune/core");
const { neuron } = await load("@prune/pruner-neuron");
const { l2 } = await load("@prune/scorer-magnitude");

console.log(
  "| model | MACs ratio | latency before | after | latency ratio | cost per MAC |\n| --- | ---: | ---: | ---: | ---: | ---: |",
);
for (const path of process.argv.slice(2)) {
  const original = await loadOnnx(path);
  const { model, report } = await prune(original, { pruner: neuron(), scorer: l2(), target: { macs: 0.5 } });
  const { models } = await measureLatency([original, model], { threads: 1, seconds: 20 });
  const [before, after] = models.map((m) => m.median);
  const macs = report.after.macs / report.before.macs;
  const cells = [
    basename(path),
    macs.toFixed(3),
    `${before.toFixed(1)} ms`,
    `${after.toFixed(1)} ms`,
    (after / before).toFixed(3),
    (after / before / macs).toFixed(2),
  ];
  console.log(`| ${cells.join(" | ")} |`);
}
