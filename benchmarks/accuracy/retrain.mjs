// Accuracy of the trained networks in fixtures/, pruned, recovered without labels and then trained for 2 epochs on
// train10k, on labels (`finetune`) and on what the original answers (`distill`), with three seeds. Options are the
// defaults but for those in OPTIONS, which had the lowest loss on samples of train10k that were held out. A tenth of
// train10k is held out to choose the best weights by; test10k is read once per row.
//
//   node benchmarks/accuracy/retrain.mjs [--models resnet,mlp,…] [--scorers obs,wanda,l2] [--seeds 0,1,2] [--again]
//
// Rows are kept in retrain.json, and measured again only with --again: a run that was stopped goes on where it was.
// retrain.md is written anew after every row.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { chosenOf } from "./choose-table.mjs";
import { retrainTable } from "./retrain-table.mjs";
import { accuracy, CASES, classify, firstOf, labelFree, load, METHODS, prunedBy, SCORERS } from "./retraining.mjs";

const { values: flags } = parseArgs({
  options: {
    models: { type: "string" },
    scorers: { type: "string", default: Object.keys(SCORERS).join() },
    seeds: { type: "string", default: "0,1,2" },
    again: { type: "boolean" },
  },
});
const MODELS = flags.models?.split(",");
const SEEDS = flags.seeds.split(",").map(Number);

/** Options of training other than the defaults, by network, share of MACs and scorer. */
const OPTIONS = { "resnet 0.3 obs": { lr: 4e-3 } };

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const keyOf = ({ model, macs, scorer, method, seed }) => [model, macs, scorer, method, seed].join(" ");
const rowsOf = (file) => (existsSync(here(file)) ? JSON.parse(readFileSync(here(file), "utf8")) : []);
const stored = () => new Map(rowsOf("retrain.json").map((row) => [keyOf(row), row]));
const rows = stored();

/** Adds a row to what is stored now: another run may be measuring other models. */
function keep(row) {
  const all = stored().set(keyOf(row), row);
  console.log(`${keyOf(row)}: ${row.accuracy}`);
  const sorted = [...all.values()].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  writeFileSync(here("retrain.json"), `[\n${sorted.map((r) => JSON.stringify(r)).join(",\n")}\n]\n`);
  writeFileSync(here("retrain.md"), retrainTable(sorted, chosenOf(rowsOf("choose.json"))));
}

for (const scorer of flags.scorers.split(","))
  for (const { model, macs } of CASES.filter((c) => !MODELS || MODELS.includes(c.model))) {
    const options = OPTIONS[`${model} ${macs} ${scorer}`] ?? {};
    const wanted = SEEDS.flatMap((seed) =>
      Object.keys(METHODS).map((method) => ({ model, macs, scorer, method, seed })),
    );
    const missing = wanted.filter((row) => flags.again || !rows.has(keyOf(row)));
    if (!missing.length) continue;
    const { original, training, test: read } = await load(model);
    const test = await read();
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
    await prunedBy(scorer, macs, original, firstOf(training, 1000), training, [...labelFree(), each]);
  }
