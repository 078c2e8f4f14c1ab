// What examples take for granted.
import type * as autodiff from "@prune/autodiff";
import type * as core from "@prune/core";
import type * as magnitude from "@prune/scorer-magnitude";
import type * as hessian from "@prune/scorer-hessian";
import type * as pruner from "@prune/pruner-neuron";
import type { LayersModel } from "@tensorflow/tfjs-layers";

declare global {
  const model: core.Model;
  const options: core.PruneOptions;
  const images: core.DataSource;
  const calibration: core.DataSource;
  const pixels: Float32Array;
  const labels: Int32Array;
  const image: core.RunTensor;
  const classes: core.RunTensor;
  const net: LayersModel;
  const tensorOf: (from: number, to: number) => core.RunTensor;
  const prune: typeof core.prune;
  const neuron: typeof pruner.neuron;
  const l2: typeof magnitude.l2;
  const obs: typeof hessian.obs;
  type Loss = autodiff.Loss;
}
