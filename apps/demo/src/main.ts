import { mkdir, stat, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { loadOnnx } from "@prune/backend-onnx";
import { accuracy, classify, type DataSet, loadData, measureLatency } from "@prune/cli";
import { type Cost, type Model, prune, type Scorer } from "@prune/core";
import { neuron } from "@prune/pruner-neuron";
import { l2 } from "@prune/scorer-magnitude";
import { random } from "@prune/scorer-random";
import { asMarkdown, asText, type Row } from "./results-table.ts";

const HERE = fileURLToPath(new URL("..", import.meta.url));
const FIXTURES = join(HERE, "../../fixtures/fashion-mnist");
const OUT = join(HERE, "out");
const TARGETS = [0.7, 0.5, 0.3];
const SCORERS: readonly (() => Scorer)[] = [random, l2];

/** A model of the table before it was timed and tested. */
interface Candidate {
  readonly name: string;
  readonly path: string;
  readonly model: Model;
  readonly cost: Cost;
}

/**
 * Prunes the trained ResNet of fixtures/fashion-mnist to several sizes by two scorers, and compares all results.
 * `--markdown` prints the table as the README shows it, `--json` as data.
 */
export async function main(args: readonly string[]): Promise<number> {
  const say = args.length ? () => undefined : (line: string) => void process.stdout.write(`${line}\n`);
  await mkdir(OUT, { recursive: true });
  const path = join(FIXTURES, "fashion_resnet.onnx");
  const original = await loadOnnx(path);
  const data = await loadData(join(FIXTURES, "test10k.npz"), original.graph.inputs, { scale: 1 / 255 });
  say(`A ResNet-20 trained on Fashion-MNIST, and ${data.count.toLocaleString("en")} test images.\n`);

  const pruned: Candidate[] = [];
  let dense: Cost | undefined;
  for (const makeScorer of SCORERS) {
    for (const macs of TARGETS) {
      const scorer = makeScorer();
      const { model, report } = await prune(original, { pruner: neuron(), scorer, target: { macs } });
      dense ??= report.before;
      const file = join(OUT, `fashion_resnet-${scorer.name}-${macs}.onnx`);
      await model.save(file);
      const error = report.verification?.layerError.toExponential(1) ?? "not measured";
      say(`${scorer.name}, MACs ${macs}: cut and verified (largest difference from the masked original ${error})`);
      pruned.push({ name: `${scorer.name}, MACs ≤ ${macs}`, path: file, model: await loadOnnx(file), cost: report.after });
    }
  }
  const rows = await measure([{ name: "dense", path, model: original, cost: dense! }, ...pruned], data);

  if (args.includes("--json")) process.stdout.write(`${JSON.stringify(rows, null, 2)}\n`);
  else if (args.includes("--markdown")) process.stdout.write(`${asMarkdown(rows)}\n`);
  else {
    say(`\n${asText(rows)}\n`);
    say("Latency: batch 1, one thread, medians of interleaved runs on this machine.");
    say("No retraining happened yet: accuracy is that of the network right after the cut.\n");
    say("Wrote:");
    for (const { path: file } of pruned) say(`  ${relative(process.cwd(), file)}`);
    await writeFile(join(OUT, "results.json"), `${JSON.stringify(rows, null, 2)}\n`);
    say(`  ${relative(process.cwd(), join(OUT, "results.json"))}`);
  }
  return 0;
}

async function measure(candidates: readonly Candidate[], data: DataSet): Promise<Row[]> {
  const latency = await measureLatency(
    candidates.map((c) => c.model),
    { dims: { batch: 1 }, threads: 1, seconds: 6 },
  );
  const rows: Row[] = [];
  for (const [i, { name, path, model, cost }] of candidates.entries()) {
    const predicted = await classify(model, data);
    rows.push({
      name,
      macs: cost.macs,
      params: cost.params,
      bytes: (await stat(path)).size,
      milliseconds: latency.models[i]!.median,
      accuracy: accuracy(predicted, data.labels!),
    });
  }
  return rows;
}
