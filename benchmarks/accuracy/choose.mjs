// Which scorer to retrain after, without a look at the test images: every network of retrain.mjs, pruned by each of a few
// scorers, recovered from the first 1,000 images of train10k, and then trained on the labels of the first 9,000, is
// measured on the last 1,000, which nothing of all that has read. The scorer with the lowest cross-entropy is chosen.
//
//   node benchmarks/accuracy/choose.mjs [--models resnet,mlp,…] [--scorers obs,wanda,l2] [--again]
//
// Rows are kept in choose.json, and measured again only with --again; choose.md is written anew after every row.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { chooseTable } from "./choose-table.mjs";
import { CASES, firstOf, labelFree, load, METHODS, prunedBy, SCORERS } from "./retraining.mjs";

const { values: flags } = parseArgs({
  options: {
    models: { type: "string" },
    scorers: { type: "string", default: Object.keys(SCORERS).join() },
    again: { type: "boolean" },
  },
});
const HELD = 1000;

const store = fileURLToPath(new URL("choose.json", import.meta.url));
const keyOf = ({ model, macs, scorer }) => [model, macs, scorer].join(" ");
const stored = () =>
  new Map(existsSync(store) ? JSON.parse(readFileSync(store, "utf8")).map((row) => [keyOf(row), row]) : []);

/** Cross-entropy of a network's answers `[N, classes]`, logits or probabilities, and how many are right. */
async function scoreOf(model, data) {
  const session = await model.runtime.open(model.graph, { threads: 1 });
  let [loss, right] = [0, 0];
  for (let from = 0; from < data.count; from += 100) {
    const result = await session.run(data.batch(from, from + 100));
    const answers = result[model.graph.outputs[0].name];
    const classes = answers.dims[1];
    for (let i = 0; i < 100; i++) {
      const row = answers.data.subarray(i * classes, (i + 1) * classes);
      const label = data.labels[from + i];
      const most = Math.max(...row);
      // Of probabilities, whose logarithms are logits, the sum is 1.
      const logits = isDistribution(row) ? row.map((p) => Math.log(p + 1e-30)) : row.map((z) => z - most);
      loss += Math.log(logits.reduce((sum, z) => sum + Math.exp(z), 0)) - logits[label];
      if (row[label] === most) right++;
    }
  }
  await session.release();
  return { loss: loss / data.count, accuracy: right / data.count };
}

const isDistribution = (row) => row.every((p) => p >= 0) && Math.abs(row.reduce((a, b) => a + b, 0) - 1) < 1e-3;

const part = (data, from, to) => ({
  ...data,
  count: to - from,
  labels: data.labels.subarray(from, to),
  batch: (a, b) => data.batch(from + a, from + b),
});

for (const { model, macs } of CASES.filter((c) => !flags.models || flags.models.split(",").includes(c.model)))
  for (const scorer of flags.scorers.split(",")) {
    const key = keyOf({ model, macs, scorer });
    if (stored().has(key) && !flags.again) continue;
    const { original, training: all } = await load(model);
    const training = part(all, 0, all.count - HELD);
    const held = part(all, all.count - HELD, all.count);
    const row = { model, macs, scorer, dense: await scoreOf(original, held) };
    const measure = {
      name: "measure",
      wants: "training",
      async recover(context) {
        row.recovered = await scoreOf(original.withGraph(context.pruned), held);
        const { graph } = await METHODS.finetune().recover(context);
        row.trained = await scoreOf(original.withGraph(graph), held);
        return { graph: context.pruned };
      },
    };
    await prunedBy(scorer, macs, original, firstOf(training, 1000), training, [...labelFree(), measure]);
    const rows = [...stored().set(key, row).values()].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
    writeFileSync(store, `[\n${rows.map((r) => JSON.stringify(r)).join(",\n")}\n]\n`);
    writeFileSync(fileURLToPath(new URL("choose.md", import.meta.url)), chooseTable(rows));
    console.log(key, JSON.stringify(row));
  }
