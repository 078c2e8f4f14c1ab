// Perplexity of the small trained language model on text that it was not trained on, pruned in several ways: as cut,
// recovered without labels, and trained again for one epoch to answer as the original does.
//
//   node benchmarks/language-model/run.mjs [--only PATTERN] [--again] [--model FILE]
//
// Rows are kept in results.json, and measured again only with --again: a run that was stopped goes on where it was.
// results.md is written anew after every row. Calibration and training read the part of the text that the model was
// trained on.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { markdown } from "./markdown.mjs";
import { SIZES } from "./network.mjs";
import { readText, samplesOf } from "./text.mjs";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const from = (folder) => createRequire(new URL(`../../${folder}/package.json`, import.meta.url));
const load = (name, folder = "apps/demo") => import(pathToFileURL(from(folder).resolve(name)));
const { loadData, main, perplexity } = await load("@prune/cli");
const { loadOnnx } = await load("@prune/backend-onnx");
const { strToU8, zipSync } = await load("fflate", "packages/cli");

const { values: flags } = parseArgs({ options: { only: { type: "string" }, again: { type: "boolean" }, model: { type: "string" } } }); // prettier-ignore
const MODEL = flags.model ?? here("../../fixtures/moby-dick/moby_llama.onnx");

/** Stretches of text: to gather statistics from, to train on, and to measure. */
const [CALIBRATION, TRAINING, TEST] = [64, 1000, 200];

const ATTENTION = ["*q_proj*", "*k_proj*", "*v_proj*"];
const HIDDEN = ["*gate_proj*", "*up_proj*"];
const ignoring = (patterns) => patterns.flatMap((pattern) => ["--ignore", pattern]);
const by = (scorer) => ["--scorer", scorer];
// The last layer is the table of tokens: as papers on language models have it, it stays.
const connections = (scorer, ...more) => ["--type", "connection", ...by(scorer), "--ignore", "logits", ...more];
// Wanda has the weights of each output compete.
const wanda = (...more) => connections("wanda", ...(more.includes("--pattern") ? more : ["--over", "row", ...more]));
const half = ["--sparsity", "0.5"];
const twoOfFour = ["--pattern", "2:4"];
const heads = (scorer) => [...by(scorer), "--sparsity", "0.25", "--round-to", "1", ...ignoring(HIDDEN)];
const hidden = (scorer) => [...by(scorer), "--sparsity", "0.25", "--round-to", "1", ...ignoring(ATTENTION)];
const width = (scorer) => [...by(scorer), "--width", "--sparsity", "0.25", "--round-to", "1", ...ignoring([...ATTENTION, ...HIDDEN])]; // prettier-ignore
const block = (...how) => ["--type", "layer", "--sparsity", "0.25", ...how];

const LABEL_FREE = "reconstruct";
const DISTILLED = "reconstruct,distill:loss=kl,epochs=1,batchSize=16,lr=1e-3";

/** What is done, the command line for it, and the ways to recover that are tried. */
const CASES = [
  ["weights 50 %", "random", connections("random", ...half), ["none", LABEL_FREE]],
  ["weights 50 %", "magnitude", connections("absolute", ...half), ["none", LABEL_FREE]],
  ["weights 50 %", "Wanda", wanda(...half), ["none", LABEL_FREE]],
  ["weights 50 %", "OBS", connections("obs", ...half), ["none", LABEL_FREE]],
  ["weights 2:4", "random", connections("random", ...twoOfFour), ["none", LABEL_FREE]],
  ["weights 2:4", "magnitude", connections("absolute", ...twoOfFour), ["none", LABEL_FREE]],
  ["weights 2:4", "Wanda", wanda(...twoOfFour), ["none", LABEL_FREE]],
  ["weights 2:4", "OBS", connections("obs", ...twoOfFour), ["none", LABEL_FREE]],
  ["1 of 4 groups of heads", "random", heads("random"), ["none", LABEL_FREE]],
  ["1 of 4 groups of heads", "magnitude", heads("l2"), ["none", LABEL_FREE]],
  ["1 of 4 groups of heads", "Wanda", heads("wanda"), ["none", LABEL_FREE, DISTILLED]],
  ["hidden units 25 %", "random", hidden("random"), ["none", LABEL_FREE]],
  ["hidden units 25 %", "magnitude", hidden("l2"), ["none", LABEL_FREE]],
  ["hidden units 25 %", "Wanda", hidden("wanda"), ["none", LABEL_FREE, DISTILLED]],
  ["width 25 %", "random", width("random"), ["none", LABEL_FREE]],
  ["width 25 %", "magnitude", width("l2"), ["none", LABEL_FREE]],
  ["width 25 %", "Wanda", width("wanda"), ["none", LABEL_FREE, DISTILLED]],
  ["1 of 4 blocks", "magnitude", block(...by("l1"), "--rank", "mean"), ["none", LABEL_FREE]],
  ["1 of 4 blocks", "Block Influence", block("--rank", "influence"), ["none", LABEL_FREE, DISTILLED]],
];

const folder = mkdtempSync(join(tmpdir(), "prune-language-model-"));
const file = (name) => join(folder, name);

/** Bytes of an .npy file of 64-bit integers. */
function npy({ dims, data }) {
  const text = `{'descr': '<i8', 'fortran_order': False, 'shape': (${dims.join(", ")}), }`.padEnd(117) + "\n";
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return Uint8Array.from([0x93, ...strToU8("NUMPY"), 1, 0, text.length & 255, text.length >> 8, ...strToU8(text), ...bytes]); // prettier-ignore
}

function write(name, ids, count) {
  const arrays = Object.entries(samplesOf(ids, SIZES.context, count));
  writeFileSync(file(name), zipSync(Object.fromEntries(arrays.map(([key, tensor]) => [`${key}.npy`, npy(tensor)]))));
  return file(name);
}

/** Perplexity of a file on the text held out. */
async function perplexityOf(path) {
  const model = await loadOnnx(path);
  return perplexity.measure(model, await loadData(file("test.npz"), model.graph.inputs));
}

async function measure([what, scorer, argv], recover) {
  const text = { out: "", err: "" };
  const streams = { stdout: { write: (part) => (text.out += part) }, stderr: { write: (part) => (text.err += part) } };
  const learning = ["--calib", file("training.npz"), "--calib-samples", `${CALIBRATION}`, "--recover", recover];
  const output = file("pruned.onnx");
  const started = performance.now();
  const code = await main(["run", MODEL, "-o", output, ...argv, ...learning, "--threads", "1", "--json"], streams);
  const seconds = Math.round((performance.now() - started) / 100) / 10;
  if (code !== 0) return { what, scorer, recover, seconds, failed: text.err.trim() };
  const { before, after, zeros } = JSON.parse(text.out);
  const params = after.params - (zeros ? zeros[1] - zeros[0] : 0);
  return { what, scorer, recover, perplexity: await perplexityOf(output), params: params / before.params, macs: after.macs / before.macs, seconds }; // prettier-ignore
}

const kept = here("results.json");
const rows = existsSync(kept) ? JSON.parse(readFileSync(kept, "utf8")) : [];
const keyOf = ({ what, scorer, recover }) => [what, scorer, recover].join(" | ");
function keep(row) {
  const at = rows.findIndex((other) => keyOf(other) === keyOf(row));
  if (at < 0) rows.push(row);
  else rows[at] = row;
  const order = CASES.flatMap(([what, scorer, , all]) => all.map((recover) => keyOf({ what, scorer, recover })));
  rows.sort((a, b) => order.indexOf(keyOf(a)) - order.indexOf(keyOf(b)));
  writeFileSync(kept, `${JSON.stringify(rows, undefined, 2)}\n`);
  writeFileSync(here("results.md"), markdown(rows));
}

try {
  const { training, test } = readText();
  write("training.npz", training, TRAINING);
  write("test.npz", test, TEST);
  const wanted = new RegExp(flags.only ?? "", "i");
  const dense = { what: "dense", scorer: "", recover: "none" };
  const isOpen = (row) => wanted.test(keyOf(row)) && (flags.again || !rows.some((r) => keyOf(r) === keyOf(row)));
  if (isOpen(dense)) keep({ ...dense, perplexity: await perplexityOf(MODEL), params: 1, macs: 1, seconds: 0 });
  for (const recover of ["none", LABEL_FREE, DISTILLED]) {
    for (const one of CASES) {
      const [what, scorer, , recoveries] = one;
      if (!recoveries.includes(recover) || !isOpen({ what, scorer, recover })) continue;
      const row = await measure(one, recover);
      console.log(`${keyOf(row)}: ${row.failed ?? row.perplexity.toFixed(3)} (${row.seconds} s)`);
      keep(row);
    }
  }
} finally {
  rmSync(folder, { recursive: true });
}
