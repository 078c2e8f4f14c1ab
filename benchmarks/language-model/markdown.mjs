// The table that results.md holds.

const figure = (row) => (row === undefined ? "–" : row.failed ? "failed" : row.perplexity.toFixed(3));
const share = (value) => value.toFixed(3);

/** @param {object[]} rows as run.mjs keeps them */
export function markdown(rows) {
  const heads = ["What leaves", "Chosen by", "Parameters", "MACs", "As cut", "Label-free", "Distilled"];
  const lines = [heads];
  for (const first of rows) {
    const own = rows.filter((row) => row.what === first.what && row.scorer === first.scorer);
    if (own[0] !== first) continue;
    const of = (pattern) => figure(own.find(({ recover }) => pattern.test(recover)));
    const left = own.find((row) => row.params !== undefined);
    lines.push([
      first.what,
      first.scorer || "–",
      left ? share(left.params) : "–",
      left ? share(left.macs) : "–",
      of(/^none$/),
      of(/^reconstruct$/),
      of(/distill/),
    ]);
  }
  const widths = heads.map((_, i) => Math.max(...lines.map((cells) => cells[i].length)));
  const line = (cells) => `| ${cells.map((cell, i) => (i < 2 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join(" | ")} |`; // prettier-ignore
  const rule = `| ${widths.map((width, i) => (i < 2 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`)).join(" | ")} |`;
  return `# Perplexity of a small language model, pruned

Perplexity per character on 19,200 characters of Moby-Dick that the model was not trained on; lower is better. The model is of the kind of LLaMA: 4 layers, 8 heads in 4 groups, 0.4 million weights. Parameters and MACs: result / original; weights that are zero are no parameters. Label-free: \`reconstruct\` from 6,144 characters of the training text. Distilled: then one epoch over 96,000 characters. Made by \`benchmarks/language-model/run.mjs\`.

${[line(lines[0]), rule, ...lines.slice(1).map(line)].join("\n")}
`;
}
