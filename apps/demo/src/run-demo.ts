import { join } from "node:path";
import { loadOnnx } from "@prune/backend-onnx";
import { accuracy, classify, type DataSet, loadData, measureLatency } from "@prune/cli";
import { type Cost, type Model, prune, type Scorer } from "@prune/core";
import { neuron } from "@prune/pruner-neuron";
import { l2 } from "@prune/scorer-magnitude";
import { random } from "@prune/scorer-random";

/** One network of the table. */
export interface DemoRow {
  /** The name of the scorer; undefined for the network as it was trained. */
  readonly scorer?: string;
  /** The MACs that were asked for, as a fraction of the trained network's. */
  readonly target?: number;
  readonly macs: number;
  readonly params: number;
  /** Size of the file, in bytes. */
  readonly bytes: number;
  /** Median time for one image, in milliseconds. */
  readonly latency: number;
  /** Top-1 accuracy on the test images, without any retraining. */
  readonly accuracy: number;
  /** Name of the file that was written. */
  readonly file?: string;
}

/** Everything that the demo measured. */
export interface Demo {
  readonly rows: readonly DemoRow[];
  /** Number of test images. */
  readonly samples: number;
  /** Timed runs of each network, and threads. */
  readonly timing: { readonly runs: number; readonly threads: number };
}

export interface DemoOptions {
  readonly model: string;
  readonly data: string;
  /** The folder that pruned models go to. */
  readonly out: string;
  readonly onProgress?: (what: string) => void;
  /** Test images to use. Default all. */
  readonly samples?: number;
  /** About how long timing may take. Default 5. */
  readonly seconds?: number;
}

const SCORERS: readonly Scorer[] = [random(), l2()];
const TARGETS: readonly number[] = [0.7, 0.5, 0.3];
/** On one thread: with more, what else the machine does shows. */
const THREADS = 1;

/** A network on its way into the table. */
interface Candidate {
  readonly model: Model;
  readonly cost: Cost;
  readonly label: Pick<DemoRow, "scorer" | "target" | "file">;
}

/** Prunes a trained network in several ways and measures each. */
export async function runDemo(options: DemoOptions): Promise<Demo> {
  const { onProgress = () => undefined, seconds = 5 } = options;
  onProgress("load");
  const dense = await loadOnnx(options.model);
  const all = await loadData(options.data, dense.graph.inputs);
  const data: DataSet = { ...all, count: Math.min(all.count, options.samples ?? all.count) };

  const candidates: Candidate[] = [];
  for (const scorer of SCORERS) {
    for (const target of TARGETS) {
      const file = `fashion_resnet-${scorer.name}-macs-${target}.onnx`;
      onProgress(`prune: ${scorer.name}, MACs ${target}`);
      const { model, report } = await prune(dense, { pruner: neuron(), scorer, target: { macs: target } });
      await model.save(join(options.out, file));
      if (!candidates.length) candidates.push({ model: dense, cost: report.before, label: {} });
      candidates.push({ model, cost: report.after, label: { scorer: scorer.name, target, file } });
    }
  }

  onProgress("measure latency, all networks in turn");
  const models = candidates.map((c) => c.model);
  const latency = await measureLatency(models, { threads: THREADS, seconds });
  const rows: DemoRow[] = [];
  for (const [i, { model, cost, label }] of candidates.entries()) {
    onProgress(`accuracy: network ${i + 1} of ${candidates.length}`);
    rows.push({
      ...label,
      macs: cost.macs,
      params: cost.params,
      bytes: model.toBytes().length,
      latency: latency.models[i]!.median,
      accuracy: await accuracyOf(model, data),
    });
  }
  return { rows, samples: data.count, timing: { runs: latency.runs, threads: latency.threads } };
}

async function accuracyOf(model: Model, data: DataSet): Promise<number> {
  const predicted = await classify(model, data);
  return accuracy(predicted, data.labels!.subarray(0, data.count));
}
