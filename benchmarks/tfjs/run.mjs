// Prunes TensorFlow.js models that npm packages ship to half their MACs, and measures what TensorFlow.js itself makes of
// the files: latency on the wasm backend, the two models in turn, and bytes as they are and compressed by brotli.
// Usage: node benchmarks/tfjs/run.mjs [model.json…]     (after `pnpm build`)
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync } from "node:zlib";
import { table } from "../table.mjs";

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const require = createRequire(join(root, "packages/backend-tfjs/package.json"));
const load = (name) => import(require.resolve(name));
const { prune, sampleInputs } = await import(join(root, "packages/core/dist/index.js"));
const { neuron } = await import(join(root, "packages/pruner-neuron/dist/index.js"));
const { l2 } = await import(join(root, "packages/scorer-magnitude/dist/index.js"));
const { loadTfjs } = await import(join(root, "packages/backend-tfjs/dist/node/index.js"));
const tf = await load("@tensorflow/tfjs-core");
const tfl = await load("@tensorflow/tfjs-layers");
const tfc = await load("@tensorflow/tfjs-converter");

const within = (path) => join(root, "packages/backend-tfjs/node_modules", path);
const human = ["emotion", "facemesh", "blazeface", "iris", "handlandmark-lite", "antispoof"];
const shipped = [
  within("@upscalerjs/esrgan-slim/models/x2/model.json"),
  within("@spotify/basic-pitch/model/model.json"),
  ...human.map((name) => within(`@vladmandic/human/models/${name}.json`)),
];
const RUNS = 25;

/** The model's files, and TensorFlow.js's own model of them. */
async function open(path) {
  const { weightsManifest, ...json } = JSON.parse(readFileSync(path, "utf8"));
  const shards = weightsManifest.flatMap(({ paths }) => paths.map((name) => readFileSync(join(dirname(path), name))));
  const weightSpecs = weightsManifest.flatMap(({ weights }) => weights);
  const artifacts = { ...json, weightSpecs, weightData: new Uint8Array(Buffer.concat(shards)).buffer };
  const handler = { load: () => Promise.resolve(artifacts) };
  const model = json.modelTopology.node ? await tfc.loadGraphModel(handler) : await tfl.loadLayersModel(handler);
  const parts = [readFileSync(path), ...shards];
  const sizes = [parts, parts.map((part) => brotliCompressSync(part))].map((list) =>
    list.reduce((n, p) => n + p.length, 0),
  );
  return { model, sizes };
}

const median = (list) => list.toSorted((a, b) => a - b)[list.length >> 1];
/** Time that this process took so far, in milliseconds, whatever else the machine does: it has one thread. */
const now = () => process.cpuUsage().user / 1000;
const kB = (bytes) => `${(bytes / 1000).toFixed(0)} kB`;

const heads = ["model", "MACs", "parameters", "bytes", "brotli", "latency"];
const results = table(fileURLToPath(new URL("results.md", import.meta.url)), heads);
for (const path of process.argv.length > 2 ? process.argv.slice(2) : shipped) {
  const folder = mkdtempSync(join(tmpdir(), "prune-bench-"));
  try {
    const before = await loadTfjs(path, { saving: { keepQuantization: true } });
    const { model, report } = await prune(before, { pruner: neuron(), scorer: l2(), target: { macs: 0.5 } });
    await model.save(join(folder, "model.json"));
    const pair = [await open(path), await open(join(folder, "model.json"))];
    const feeds = Object.fromEntries(
      Object.entries(sampleInputs(before.graph)).map(([name, { data, dims, dtype }]) => [
        name,
        tf.tensor(data, dims, dtype === "int32" ? "int32" : "float32"),
      ]),
    );
    const times = [[], []];
    for (let i = 0; i < RUNS + 3; i++) {
      for (const [k, { model: genuine }] of pair.entries()) {
        const start = now();
        const made = [genuine.predict(genuine.layers ? Object.values(feeds) : feeds)].flat();
        for (const tensor of made) tensor.dataSync();
        if (i >= 3) times[k].push(now() - start);
        tf.dispose(made);
      }
    }
    const [a, b] = times.map(median);
    const percent = (x, y) => `${((100 * y) / x).toFixed(0)}%`;
    const size = (i) =>
      `${kB(pair[0].sizes[i])} → ${kB(pair[1].sizes[i])} (${percent(pair[0].sizes[i], pair[1].sizes[i])})`;
    const name = /models\/([^/]+)\.json$/.exec(path)?.[1] ?? /node_modules\/(@[^/]+\/[^/]+)/.exec(path)?.[1] ?? path;
    results.add([
      name,
      percent(report.before.macs, report.after.macs),
      percent(report.before.params, report.after.params),
      size(0),
      size(1),
      `${a.toFixed(1)} → ${b.toFixed(1)} ms (${percent(a, b)})`,
    ]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
results.write(
  "Latency of TensorFlow.js on its wasm backend: medians of 25 interleaved runs, in processor time, batch 1.",
);
