/** The scorer of the lowest loss after training, by network and share of MACs. */
export function chosenOf(rows) {
  const best = new Map();
  for (const row of rows) {
    const key = `${row.model} ${row.macs}`;
    const known = best.get(key);
    if (!known || row.trained.loss < known.trained.loss) best.set(key, row);
  }
  return new Map([...best].map(([key, { scorer }]) => [key, scorer]));
}

/** The table of choose.mjs. */
export function chooseTable(rows) {
  const chosen = chosenOf(rows);
  const lines = rows.map(({ model, macs, scorer, dense, recovered, trained }) => {
    const name = chosen.get(`${model} ${macs}`) === scorer ? `**\`${scorer}\`**` : `\`${scorer}\``;
    const cells = [dense.loss.toFixed(4), recovered.loss.toFixed(4), trained.loss.toFixed(4), recovered.accuracy.toFixed(3), trained.accuracy.toFixed(3)]; // prettier-ignore
    return `| ${[model, macs, name, ...cells].join(" | ")} |`;
  });
  return [
    "# Scorers chosen for retraining\n",
    "On the last 1,000 images of train10k: cross-entropy of the original, of the network pruned and recovered without labels (from the first 1,000), and of that trained for 2 epochs on the first 9,000 by `finetune` (seed 0); and the accuracies of the last two. The scorer of the lowest loss after training is in bold; `retrain.md` has its row. Written by `node benchmarks/accuracy/choose.mjs`.\n",
    "| network | MACs | scorer | dense | recovered | trained | accuracy recovered | accuracy trained |",
    "| --- | ---: | --- | ---: | ---: | ---: | ---: | ---: |",
    ...lines,
    "",
  ].join("\n");
}
