/** The tables of the accuracy benchmark: per model and type of pruning a row for each scorer, a column for each target. */
export function markdown(rows) {
  const parts = ["# Accuracy\n", INTRODUCTION];
  for (const model of unique(rows.map((r) => r.model))) {
    const own = rows.filter((r) => r.model === model && !r.failed);
    const dense = own[0]?.dense;
    parts.push(`## fashion_${model}${dense === undefined ? "" : `, dense ${dense.toFixed(4)}`}\n`);
    for (const [type, rounding, title] of KINDS) {
      const table = tableOf(own.filter((r) => r.type === type && (r.rounding ?? "") === rounding));
      if (table) parts.push(`### ${title}\n`, table);
    }
  }
  return parts.join("\n");
}

const INTRODUCTION =
  "Top-1 accuracy on the 10,000 test images: as cut → recovered from 1,000 calibration images without labels (`--recover bn,reconstruct`). " +
  "Best of each column in bold. Written by `node benchmarks/accuracy/run.mjs`.\n";

const KINDS = [
  ["neuron", "1", "Neurons (`--type neuron --round-to 1`)"],
  ["neuron", "auto", "Neurons, widths rounded as by default"],
  ["connection", "", "Connections (`--type connection`)"],
];

const unique = (list) => [...new Set(list)];

function tableOf(rows) {
  if (!rows.length) return undefined;
  const targets = unique(rows.map((r) => r.target)).sort(byTarget);
  const find = (scorer, target, recovered) =>
    rows.find((r) => r.scorer === scorer && r.target === target && (r.recover !== "none") === recovered)?.accuracy;
  const scorers = unique(rows.map((r) => r.scorer)).sort(
    (a, b) => (find(b, targets.at(-2), true) ?? 0) - (find(a, targets.at(-2), true) ?? 0),
  );
  const best = targets.map((t) =>
    [false, true].map((recovered) => Math.max(...scorers.map((s) => find(s, t, recovered) ?? 0))),
  );
  const cell = (scorer, target, i) =>
    [false, true]
      .map((recovered, k) => {
        const value = find(scorer, target, recovered);
        if (value === undefined) return "–";
        return value === best[i][k] ? `**${value.toFixed(4)}**` : value.toFixed(4);
      })
      .join(" → ");
  const lines = [
    `| scorer | ${targets.join(" | ")} |`,
    `| --- |${targets.map(() => " ---: |").join("")}`,
    ...scorers.map((s) => `| \`${s}\` | ${targets.map((t, i) => cell(s, t, i)).join(" | ")} |`),
  ];
  return `${lines.join("\n")}\n`;
}

/** More left first; N:M patterns last. */
function byTarget(a, b) {
  const rank = (t) =>
    t.startsWith("macs=") ? -Number(t.slice(5)) : t.startsWith("sparsity=") ? Number(t.slice(9)) : 9;
  return rank(a) - rank(b);
}
