// What retrain.mjs and choose.mjs share: the networks, and how they are pruned before they are trained.
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";

const from = (folder) => createRequire(new URL(`../../${folder}/package.json`, import.meta.url));
const find = (name, folder = "apps/demo") => import(pathToFileURL(from(folder).resolve(name)));
const { loadData } = await find("@prune/cli");
const core = await find("@prune/core");
const { loadOnnx } = await find("@prune/backend-onnx");
const { neuron } = await find("@prune/pruner-neuron");
const { bn, distill, finetune, reconstruct } = await find("@prune/recovery");
const { wanda } = await find("@prune/scorer-activation", "packages/cli");
const { obs } = await find("@prune/scorer-hessian", "packages/cli");
const { l2 } = await find("@prune/scorer-magnitude");

export const { firstOf } = core;
export const { accuracy, classify } = await find("@prune/cli");
export const METHODS = { finetune, distill };
export const SCORERS = { obs, wanda, l2 };

/** What there is to train: a network, and how much of its MACs is left. */
export const CASES = [
  ...["resnet", "mobilenet", "vit", "lstm", "mlp"].map((model) => ({ model, macs: 0.5 })),
  { model: "resnet", macs: 0.3 },
];

const fixture = (name) => fileURLToPath(new URL(`../../fixtures/fashion-mnist/${name}`, import.meta.url));

/** A trained network with its data. One thread, so that a repeated run gives the same figures. */
export async function load(model) {
  const original = await loadOnnx(fixture(`fashion_${model}.onnx`), { sessionOptions: { intraOpNumThreads: 1 } });
  const dataOf = (name) => loadData(fixture(name), original.graph.inputs);
  return { original, training: await dataOf("train10k.npz"), test: () => dataOf("test10k.npz") };
}

/** Steps of recovery that need no labels. */
export const labelFree = () => [bn(), reconstruct()];

/** Prunes a network's neurons, to any width. */
export const prunedBy = (scorer, macs, original, calibration, training, recover) =>
  core.prune(original, {
    pruner: neuron({ roundTo: 1 }),
    scorer: SCORERS[scorer](),
    target: { macs },
    calibration,
    training,
    recover,
  });
