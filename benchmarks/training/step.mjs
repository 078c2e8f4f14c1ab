// Time of a training step (on the clock, and of the processor, which other programs disturb less), one thread, SGD with momentum: ResNet-20 (batch 32, 32×32) and ResNet-18 (batch 8, 64×64).
//   node benchmarks/training/step.mjs [--steps 10] [--networks resnet20,resnet18]
// One JSON line per network, so that benchmarks/rivals/torch-step.py can set its own times beside these.
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { networks } from "./networks.mjs";

const from = (folder) => createRequire(new URL(`../../${folder}/package.json`, import.meta.url));
const load = (name, folder = "apps/demo") => import(pathToFileURL(from(folder).resolve(name)));
const { onnxruntimeNode, ortRuntime } = await load("@prune/backend-onnx");
const { stepsOf } = await load("@prune/core");
const { crossEntropy, sgd, trainingGraph } = await load("@prune/autodiff", "packages/autodiff");

const { values } = parseArgs({
  options: { steps: { type: "string", default: "10" }, networks: { type: "string", default: "resnet20,resnet18" } },
});
const SHAPES = { resnet20: [32, 3, 32, 32], resnet18: [8, 3, 64, 64] };
const runtime = ortRuntime(onnxruntimeNode);

/** The most memory that this process has held, in MiB. Linux counts a parent's into `maxRSS`: its own is elsewhere. */
function peakMemory() {
  const status = existsSync("/proc/self/status") ? readFileSync("/proc/self/status", "utf8") : "";
  const own = /VmHWM:\s+(\d+)/.exec(status)?.[1];
  return Math.round(Number(own ?? process.resourceUsage().maxRSS) / 1024);
}

for (const name of values.networks.split(",")) {
  const dims = SHAPES[name];
  const made = await trainingGraph({
    graph: networks[name](1),
    runtime,
    dims: { image: dims },
    labels: [dims[0]],
    loss: crossEntropy(),
    optimizer: sgd(),
    batchStatistics: true,
  });
  const session = await runtime.open(made.graph, { threads: 1 });
  const steps = await stepsOf(session, made.initial, made.next);
  const size = dims.reduce((a, b) => a * b, 1);
  const image = { dtype: "float32", dims, data: Float32Array.from({ length: size }, (_, i) => Math.sin(i * 1.7)) };
  const labels = {
    dtype: "int64",
    dims: [dims[0]],
    data: BigInt64Array.from({ length: dims[0] }, (_, i) => BigInt(i % 10)),
  };
  const times = [];
  let loss;
  for (let step = 1; step <= Number(values.steps) + 2; step++) {
    const [start, before] = [performance.now(), process.cpuUsage()];
    const result = await steps.run({ image, "train:labels": labels, ...made.scalars(step, 0.02) }, [made.loss]);
    const { user, system } = process.cpuUsage(before);
    if (step > 2) times.push({ wall: performance.now() - start, cpu: (user + system) / 1000 });
    loss = result[made.loss].data[0];
  }
  await session.release();
  const median = (kind) => times.map((time) => time[kind]).sort((a, b) => a - b)[times.length >> 1];
  console.log(
    JSON.stringify({ network: name, wallMs: median("wall"), cpuMs: median("cpu"), loss, peakMiB: peakMemory() }),
  );
}
