/**
 * The table of the retraining benchmark: per network and target the means over the seeds, and how far they spread.
 * @param chosen the scorer chosen for each, which is in bold
 */
export function retrainTable(rows, chosen) {
  const caseOf = ({ model, macs, scorer }) => `${model} ${macs} ${scorer}`;
  const cases = [...new Set(rows.map(caseOf))];
  const lines = cases.map((name) => {
    const own = rows.filter((row) => caseOf(row) === name);
    const [{ model, macs, scorer, dense, recovered }] = own;
    const cells = ["finetune", "distill"].map((method) => spread(own.filter((row) => row.method === method)));
    const options = Object.entries(own[0].options ?? {}).map(([name, value]) => `\`${name}=${value}\``);
    const label = chosen.get(`${model} ${macs}`) === scorer ? `**\`${scorer}\`**` : `\`${scorer}\``;
    return `| ${[model, macs, label, dense.toFixed(4), recovered.toFixed(4), ...cells, options.join(", ")].join(" | ")} |`;
  });
  return [
    "# Accuracy after retraining\n",
    "Top-1 accuracy on the 10,000 test images. Pruned (`--type neuron --round-to 1`) to a share of the multiply-accumulates, recovered without labels from 1,000 images of train10k (`--recover bn,reconstruct`), then trained for 2 epochs on train10k: on labels and the original's answers (`finetune`), or on these alone, without labels (`distill`). In bold the scorer that samples of train10k chose, which pruning and training did not read (`choose.md`). Options are the defaults, or those in the last column, which had the lowest loss on samples that were held out; by that rule MobileNet after `obs` would have kept the stored statistics of BatchNormalization (`batchStatistics=false`): when `obs` still judged units one by one, 0.9146 by `finetune` and 0.9140 by `distill`, below the defaults. Mean over the seeds, lowest to highest in parentheses. Written by `node benchmarks/accuracy/retrain.mjs`.\n",
    "| network | MACs | scorer | dense | recovered | `finetune` | `distill` | options |",
    "| --- | ---: | --- | ---: | ---: | ---: | ---: | --- |",
    ...lines,
    "",
  ].join("\n");
}

function spread(rows) {
  if (!rows.length) return "–";
  const values = rows.map((row) => row.accuracy);
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const range = `${Math.min(...values).toFixed(4)}–${Math.max(...values).toFixed(4)}, ${values.length} seeds`;
  return `${mean.toFixed(4)} (${range})`;
}
