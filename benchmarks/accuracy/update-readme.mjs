// Writes the best rows of results.json and the rows of retrain.json into the README, between their marks.
//
//   node benchmarks/accuracy/update-readme.mjs [--check]
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { chosenOf } from "./choose-table.mjs";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const read = (name) => JSON.parse(readFileSync(here(name), "utf8"));
const NAMES = { resnet: "ResNet-20", mobilenet: "MobileNet", vit: "ViT", lstm: "LSTM", mlp: "MLP" };

const rows = read("results.json").filter((row) => !row.failed);
const chosen = chosenOf(read("choose.json"));
const retrained = read("retrain.json").filter(
  ({ model, macs, scorer }) => macs === 0.5 && scorer === chosen.get(`${model} ${macs}`),
);
const percent = (x) => (x === undefined ? "" : `${(100 * x).toFixed(2)}%`);
const mean = (list) => (list.length ? list.reduce((a, b) => a + b, 0) / list.length : undefined);

/** Rows of one kind of one network. */
const of = (model, type, target, recovered) =>
  rows.filter(
    (r) =>
      r.model === model &&
      r.type === type &&
      r.target === target &&
      (r.recover !== "none") === recovered &&
      r.rounding !== "auto",
  );
const by = (list, scorer) => percent(list.find((r) => r.scorer === scorer)?.accuracy);
function best(list) {
  const top = list.toSorted((a, b) => b.accuracy - a.accuracy)[0];
  return top ? `${percent(top.accuracy)} \`${top.scorer}\`` : "";
}
const after = (model, method) => {
  const own = retrained.filter((r) => r.model === model && r.method === method);
  return own.length ? `${percent(mean(own.map((r) => r.accuracy)))} \`${own[0].scorer}\`` : "";
};

const HEAD = [
  [
    "Network",
    "Dense",
    "`random`, as cut",
    "best, as cut",
    "`random`, recovered",
    "best, recovered",
    "`distill`",
    "`finetune`",
  ],
  ["Network", "Dense", "`random`", "`absolute`", "`wanda`", "`obs`", "`obs`, recovered"],
];
const neurons = Object.keys(NAMES).map((model) => {
  const [cut, recovered] = [false, true].map((r) => of(model, "neuron", "macs=0.5", r));
  return [NAMES[model], percent(rows.find((r) => r.model === model)?.dense), by(cut, "random"), best(cut), by(recovered, "random"), best(recovered), after(model, "distill"), after(model, "finetune")]; // prettier-ignore
});
const connections = Object.keys(NAMES).map((model) => {
  const [cut, recovered] = [false, true].map((r) => of(model, "connection", "sparsity=0.7", r));
  return [NAMES[model], percent(rows.find((r) => r.model === model)?.dense), by(cut, "random"), by(cut, "absolute"), by(cut, "wanda"), by(cut, "obs"), by(recovered, "obs")]; // prettier-ignore
});

function table(head, body) {
  const all = [head, ...body];
  const widths = head.map((_, i) => Math.max(...all.map((cells) => cells[i].length)));
  const line = (cells) =>
    `| ${cells.map((cell, i) => (i ? cell.padStart(widths[i]) : cell.padEnd(widths[i]))).join(" | ")} |`;
  const rule = `| ${widths.map((w, i) => (i ? `${"-".repeat(w - 1)}:` : "-".repeat(w))).join(" | ")} |`;
  return [line(head), rule, ...body.map(line)].join("\n");
}

const text = `<!-- accuracy:start -->

Neurons removed down to half of the multiply-accumulates (\`--round-to 1\`):

${table(HEAD[0], neurons)}

Single weights, 70 % of them zero (\`--type connection\`):

${table(HEAD[1], connections)}

<!-- accuracy:end -->`;

const readme = here("../../README.md");
const before = readFileSync(readme, "utf8");
const now = before.replace(/<!-- accuracy:start -->[\s\S]*<!-- accuracy:end -->/, () => text);
if (!process.argv.includes("--check")) writeFileSync(readme, now);
else if (now !== before) {
  console.error("The README's tables of accuracy are out of date: run node benchmarks/accuracy/update-readme.mjs.");
  process.exitCode = 1;
}
