// Latency of models pruned to half of their MACs, rounded as by default: interleaved medians, one thread.
//   node benchmarks/latency/run.mjs MODEL.onnx…
import { basename } from "node:path";
import { loadOnnx } from "../../packages/backend-onnx/dist/node/index.js";
import { measureLatency } from "../../packages/cli/dist/index.js";
import { prune } from "../../packages/core/dist/index.js";
import { neuron } from "../../packages/pruner-neuron/dist/index.js";
import { l2 } from "../../packages/scorer-magnitude/dist/index.js";

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
