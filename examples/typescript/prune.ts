// The entry by name: under moduleResolution "bundler", which knows no Node, "@prune/backend-onnx" is what browsers get.
import { loadOnnx } from "@prune/backend-onnx/node";
import { prune, type PruneResult, type Scorer } from "@prune/core";
import { neuron } from "@prune/pruner-neuron";
import { l2 } from "@prune/scorer-magnitude";

/** Keeps half of a model's multiply-accumulates. */
export async function halve(path: string, scorer: Scorer = l2()): Promise<PruneResult> {
  const model = await loadOnnx(path);
  return prune(model, { pruner: neuron({ allocation: "global" }), scorer, target: { macs: 0.5 } });
}
