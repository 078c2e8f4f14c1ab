// Accuracy of the trained networks in fixtures/, pruned, recovered without labels and then trained for 2 epochs on
// train10k, on labels (`finetune`) and on what the original answers (`distill`), with three seeds. Options are the
// defaults but for those in OPTIONS, which had the lowest loss on samples of train10k held out; a tenth of train10k is held out to choose the best weights by; test10k is read once per row.
//
//   node benchmarks/accuracy/retrain.mjs [--models resnet,mlp,…] [--scorers obs,wanda,l2] [--seeds 0,1,2] [--again]
//
// Rows are kept in retrain.json, and measured again only with --again: a run that was stopped goes on where it was.
// retrain.md is written anew after every row. One thread, so that a repeated run gives the same figures.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { retrainTable } from "./retrain-table.mjs";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const fixture = (name) => here(`../../fixtures/fashion-mnist/${name}`);
const from = (folder) => createRequire(new URL(`../../${folder}/package.json`, import.meta.url));
const load = (name, folder = "apps/demo") => import(pathToFileURL(from(folder).resolve(name)));
const { accuracy, classify, loadData } = await load("@prune/cli");
const { firstOf, prune } = await load("@prune/core");
const { loadOnnx } = await load("@prune/backend-onnx");
const { neuron } = await load("@prune/pruner-neuron");
const { bn, distill, finetune, reconstruct } = await load("@prune/recovery");
const { wanda } = await load("@prune/scorer-activation", "packages/cli");
const { obs } = await load("@prune/scorer-hessian", "packages/cli");
const { l2 } = await load("@prune/scorer-magnitude");

const { values: flags } = parseArgs({
  options: {
    models: { type: "string", default: "resnet,mobilenet,vit,lstm,mlp" },
    scorers: { type: "string", default: "obs,l2" },
    seeds: { type: "string", default: "0,1,2" },
    again: { type: "boolean" },
  },
});
const MODELS = flags.models.split(",");
const SEEDS = flags.seeds.split(",").map(Number);
const METHODS = { finetune, distill };
const SCORERS = { obs, wanda, l2 };

/** What there is to train: a network, how much of its MACs is left, and what chose the neurons. */
const CASES = flags.scorers
  .split(",")
  .flatMap((scorer) => [
    ...MODELS.map((model) => ({ model, macs: 0.5, scorer })),
    ...(MODELS.includes("resnet") ? [{ model: "resnet", macs: 0.3, scorer }] : []),
  ]);

/** Options of training other than the defaults, by network and share of MACs. */
const OPTIONS = { "resnet 0.3": { lr: 4e-3 } };

const keyOf = ({ model, macs, scorer, method, seed }) => [model, macs, scorer, method, seed].join(" ");
const store = here("retrain.json");
const stored = () =>
  new Map(existsSync(store) ? JSON.parse(readFileSync(store, "utf8")).map((row) => [keyOf(row), row]) : []);
const rows = stored();

/** Adds a row to what is stored now: another run may be measuring other models. */
function keep(row) {
  const all = stored().set(keyOf(row), row);
  console.log(`${keyOf(row)}: ${row.accuracy}`);
  const sorted = [...all.values()].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  writeFileSync(store, `[\n${sorted.map((r) => JSON.stringify(r)).join(",\n")}\n]\n`);
  writeFileSync(here("retrain.md"), retrainTable(sorted));
}

for (const chosen of CASES) {
  const { model, macs } = chosen;
  const options = chosen.scorer === "obs" ? (OPTIONS[`${model} ${macs}`] ?? {}) : {};
  const wanted = SEEDS.flatMap((seed) => Object.keys(METHODS).map((method) => ({ ...chosen, method, seed })));
  const missing = wanted.filter((row) => flags.again || !rows.has(keyOf(row)));
  if (!missing.length) continue;
  const original = await loadOnnx(fixture(`fashion_${model}.onnx`), { sessionOptions: { intraOpNumThreads: 1 } });
  const training = await loadData(fixture("train10k.npz"), original.graph.inputs);
  const test = await loadData(fixture("test10k.npz"), original.graph.inputs);
  const accuracyOf = async (graph) =>
    accuracy(await classify(original.withGraph(graph), test, { threads: 1 }), test.labels);
  const dense = await accuracyOf(original.graph);
  // Stands in the place of a step that trains, and takes each of them from where label-free recovery has left the network.
  const each = {
    name: "each",
    wants: "training",
    async recover(context) {
      const recovered = await accuracyOf(context.pruned);
      for (const row of missing) {
        const { graph, notes } = await METHODS[row.method](options).recover({ ...context, seed: row.seed });
        keep({ ...row, dense, recovered, accuracy: await accuracyOf(graph), bestEpoch: notes.bestEpoch, options });
      }
      return { graph: context.pruned };
    },
  };
  await prune(original, {
    pruner: neuron({ roundTo: 1 }),
    scorer: SCORERS[chosen.scorer](),
    target: { macs },
    calibration: firstOf(training, 1000),
    training,
    recover: [bn(), reconstruct(), each],
  });
}
