// Accuracy of the trained networks in fixtures/, pruned by every scorer: as cut, and recovered without labels from 1,000
// calibration images. Calibration images come from train10k alone; test10k is read once per row.
//
//   node benchmarks/accuracy/run.mjs [--models resnet,mlp,…] [--scorers l2,random,…] [--recover none]
//     [--targets macs=0.5,2:4,…] [--again]
//
// Rows are kept in results.json, and measured again only with --again: a run that was stopped goes on where it was, and two
// may run at once on different models.
// results.md, which the README's tables come from, is written anew after every row.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { markdown } from "./markdown.mjs";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const fixture = (name) => here(`../../fixtures/fashion-mnist/${name}`);
const { resolve } = createRequire(new URL("../../apps/demo/package.json", import.meta.url));
const { accuracy, classify, loadData, main } = await import(pathToFileURL(resolve("@prune/cli")));
const { loadOnnx } = await import(pathToFileURL(resolve("@prune/backend-onnx")));

const { values: flags } = parseArgs({
  options: {
    models: { type: "string" },
    scorers: { type: "string" },
    recover: { type: "string" },
    targets: { type: "string" },
    again: { type: "boolean" },
  },
});
const chosen = (flag, all) => (flag ? flag.split(",") : all);

const MODELS = chosen(flags.models, ["resnet", "mobilenet", "vit", "lstm", "mlp"]);
const words = (text) => text.trim().split(/\s+/);
const STRUCTURED = words(`
  random l1 l2 absolute relative weight bn-scale lamp fpgm
  activation contribution wanda ria apoz entropy entropy:remove=highest obd obs
  gradient taylor taylor:on=gate taylor:on=activations snip grasp synflow fisher
`);
const CONNECTIONS = words(
  "random absolute relative lamp contribution wanda ria obd obs gradient taylor snip grasp synflow fisher",
);
const SCORERS = chosen(flags.scorers, [...new Set([...STRUCTURED, ...CONNECTIONS])]);
const unknown = SCORERS.find((scorer) => ![...STRUCTURED, ...CONNECTIONS].includes(scorer));
if (unknown !== undefined) throw new Error(`--scorers: ${unknown} is none of ${[...new Set([...STRUCTURED, ...CONNECTIONS])].join()}`); // prettier-ignore
const RECOVERIES = flags.recover ? [flags.recover] : ["none", "bn,reconstruct"];

/** Every row there is to measure. */
function* cases() {
  for (const model of MODELS) {
    for (const scorer of SCORERS) {
      for (const recover of RECOVERIES) {
        if (STRUCTURED.includes(scorer)) {
          for (const macs of [0.7, 0.5, 0.35])
            yield { model, type: "neuron", scorer, recover, target: `macs=${macs}`, rounding: "1" };
          if (/^(random|l2)$/.test(scorer))
            for (const macs of [0.7, 0.5, 0.35])
              yield { model, type: "neuron", scorer, recover, target: `macs=${macs}`, rounding: "auto" };
        }
        if (CONNECTIONS.includes(scorer)) {
          for (const sparsity of [0.5, 0.7, 0.9])
            yield { model, type: "connection", scorer, recover, target: `sparsity=${sparsity}` };
          yield { model, type: "connection", scorer, recover, target: "2:4" };
        }
      }
    }
  }
}

const keyOf = (row) => [row.model, row.type, row.scorer, row.recover, row.target, row.rounding ?? ""].join(" ");

/** The command line of a case. */
function argumentsOf({ model, type, scorer, recover, target, rounding }, output) {
  const how = target.startsWith("macs=")
    ? ["--target", target, "--round-to", rounding]
    : target.startsWith("sparsity=")
      ? ["--sparsity", target.slice(9)]
      : ["--sparsity", "0.5", "--pattern", target];
  const learning = ["--calib", fixture("train10k.npz"), "--recover", recover];
  return [
    "run",
    fixture(`fashion_${model}.onnx`),
    "-o",
    output,
    "--type",
    type,
    "--scorer",
    scorer,
    ...how,
    ...learning,
    "--threads",
    "1",
    "--json",
  ];
}

/** Accuracy of a file on the 10,000 test images. */
async function accuracyOf(file) {
  const model = await loadOnnx(file);
  const data = await loadData(fixture("test10k.npz"), model.graph.inputs, {});
  return accuracy(await classify(model, data, { threads: 1 }), data.labels);
}

const dense = new Map();
async function denseOf(model) {
  if (!dense.has(model)) dense.set(model, await accuracyOf(fixture(`fashion_${model}.onnx`)));
  return dense.get(model);
}

async function measure(row, output) {
  const text = { out: "", err: "" };
  const started = performance.now();
  const code = await main(argumentsOf(row, output), {
    stdout: { write: (part) => (text.out += part) },
    stderr: { write: (part) => (text.err += part) },
  });
  const seconds = Math.round((performance.now() - started) / 100) / 10;
  if (code !== 0) return { ...row, seconds, failed: text.err.trim() };
  const report = JSON.parse(text.out);
  const macs = report.after.macs / report.before.macs;
  return { ...row, seconds, dense: await denseOf(row.model), accuracy: await accuracyOf(output), macs };
}

const store = here("results.json");
const stored = () =>
  new Map(existsSync(store) ? JSON.parse(readFileSync(store, "utf8")).map((row) => [keyOf(row), row]) : []);

/** Adds a row to what is stored now: another run may be measuring other models. */
function keep(row) {
  const rows = stored().set(keyOf(row), row);
  const sorted = [...rows.values()].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  writeFileSync(store, `[\n${sorted.map((r) => JSON.stringify(r)).join(",\n")}\n]\n`);
  writeFileSync(here("results.md"), markdown(sorted));
}

const dir = mkdtempSync(join(tmpdir(), "prune-accuracy-"));
try {
  for (const row of cases()) {
    if (flags.targets && !flags.targets.split(",").includes(row.target)) continue;
    const known = stored().get(keyOf(row));
    if (known && !known.failed && !flags.again) continue;
    const measured = await measure(row, join(dir, "out.onnx"));
    keep(measured);
    console.log(`${keyOf(row)}: ${measured.failed ?? measured.accuracy} (${measured.seconds} s)`);
  }
} finally {
  rmSync(dir, { recursive: true });
}
