import { join } from "node:path";
import { loadOnnx } from "@prune/backend-onnx";
import { type DataSet, loadData } from "@prune/cli";
import { type Cost, type DataSource, firstOf, type Graph, type Model, prune, type PruneOptions, type Scorer } from "@prune/core"; // prettier-ignore
import { neuron } from "@prune/pruner-neuron";
import { finetune } from "@prune/recovery";
import { obs } from "@prune/scorer-hessian";
import { l2 } from "@prune/scorer-magnitude";
import { random } from "@prune/scorer-random";
import { CALIBRATION, keepIn, predict, time, withoutLabels } from "./measure.ts";

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
  /** Top-1 accuracy on the test images: as trained, or right after the cut. */
  readonly accuracy: number;
  /** The same after the layers that stayed were fitted to training images, without their labels. */
  readonly recovered?: number;
  /** The same after two more epochs of training with labels. */
  readonly retrained?: number;
  /** Name of the file that was written. */
  readonly file?: string;
}

/** Everything that the demo measured. */
export interface Demo {
  readonly rows: readonly DemoRow[];
  /** Number of test images. */
  readonly samples: number;
  /** Number of unlabelled images that layers are fitted to. */
  readonly calibration: number;
  /** Number of training images. */
  readonly training: number;
  /** Timed runs of each network, and threads. */
  readonly timing: { readonly runs: number; readonly threads: number };
}

export interface DemoOptions {
  readonly model: string;
  readonly data: string;
  /** Images that the model was trained on, which it is recovered and retrained with. */
  readonly training: string;
  /** The folder that pruned models go to. */
  readonly out: string;
  readonly onProgress?: (what: string) => void;
  /** Test images to use, and training images. Default all. */
  readonly samples?: number;
  /** About how long timing may take. Default 5. */
  readonly seconds?: number;
}

/** What is cut: who ranks the channels, the share of the MACs to keep, and whether it is recovered and retrained too. */
const CASES: readonly { readonly scorer: Scorer; readonly target: number; readonly retrained?: boolean }[] = [
  { scorer: random(), target: 0.5 },
  { scorer: l2(), target: 0.7 },
  { scorer: l2(), target: 0.5 },
  { scorer: obs(), target: 0.7 },
  { scorer: obs(), target: 0.5, retrained: true },
  { scorer: obs(), target: 0.3, retrained: true },
];

/** A network on its way into the table. */
interface Candidate {
  readonly model: Model;
  /** It right after the cut, and after recovery without labels; only where it was retrained. */
  readonly before?: { readonly cut: Model; readonly recovered: Model };
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
  const training = firstOf(await loadData(options.training, dense.graph.inputs), options.samples ?? Infinity);

  const candidates: Candidate[] = [];
  for (const { scorer, target, retrained = false } of CASES) {
    const file = `fashion_resnet-${scorer.name}-macs-${target}.onnx`;
    onProgress(`prune: ${scorer.name}, MACs ${target}`);
    const stages = stagesOn(training, retrained);
    const { model, report } = await prune(dense, {
      pruner: neuron(),
      scorer,
      target: { macs: target },
      ...stages.options,
      onProgress: (what, fraction) =>
        onProgress(`${scorer.name}, MACs ${target}: ${what} (${Math.round(100 * fraction)} %)`),
    });
    await model.save(join(options.out, file));
    if (!candidates.length) candidates.push({ model: dense, cost: report.before, label: {} });
    const [cut, recovered] = stages.graphs.map((graph) => dense.withGraph(graph));
    const label = { scorer: scorer.name, target, file };
    candidates.push({ model, cost: report.after, label, ...(cut && recovered ? { before: { cut, recovered } } : {}) });
  }

  onProgress("measure latency, all networks in turn");
  const models = candidates.map((c) => c.model);
  const latency = await time(models, { seconds });
  const rows: DemoRow[] = [];
  for (const [i, { model, before, cost, label }] of candidates.entries()) {
    onProgress(`accuracy: network ${i + 1} of ${candidates.length}`);
    rows.push({
      ...label,
      macs: cost.macs,
      params: cost.params,
      bytes: model.toBytes().length,
      latency: latency.models[i]!.median,
      accuracy: await accuracyOf(before?.cut ?? model, data),
      ...(before
        ? { recovered: await accuracyOf(before.recovered, data), retrained: await accuracyOf(model, data) }
        : {}),
    });
  }
  return {
    rows,
    samples: data.count,
    calibration: Math.min(CALIBRATION, training.count),
    training: training.count,
    timing: { runs: latency.runs, threads: latency.threads },
  };
}

/**
 * What a case is pruned with: images for scorers that read some; for one that is retrained, recovery without labels and
 * then training with them, the network as cut and as recovered being kept in `graphs`.
 */
function stagesOn(
  training: DataSource,
  retrained: boolean,
): {
  readonly graphs: readonly Graph[];
  readonly options: Pick<PruneOptions, "recover" | "calibration" | "training">;
} {
  const graphs: Graph[] = [];
  const keep = keepIn(graphs);
  const recover = retrained ? [keep, ...withoutLabels(), keep, finetune()] : [];
  return { graphs, options: { recover, calibration: firstOf(training, CALIBRATION), training } };
}

async function accuracyOf(model: Model, data: DataSet): Promise<number> {
  return (await predict(model, data)).accuracy!;
}
