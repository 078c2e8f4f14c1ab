import {
  type Analysis,
  constantsOf,
  type DataFreeProvider,
  floatsOf,
  type FlowEvidence,
  type Graph,
  type NetworkContext,
  type RunTensor,
  type RunValues,
  sampleInputs,
  sizeOf,
  toFloat32,
} from "@prune/core";
import { errorFlowTooLarge } from "../errors.ts";
import { forward } from "../forward.ts";
import { withGradients } from "../gradient-graph.ts";
import type { Loss } from "../losses/loss.ts";
import { withWeights } from "../put-back.ts";
import { singlePrecision } from "../single-precision.ts";
import { floatConstants, weightsOf } from "../trainable.ts";
import { linearized } from "./linearized.ts";

/**
 * Synaptic flow of every weight of linear layers and channel groups: `|w| · dR/d|w|`, where R is the sum of all outputs
 * of the linearised network when it is fed ones. No data is needed: one run, of one sample (of one batch, where the model
 * has a fixed one). Inputs of integers, such as words, are given a few small numbers.
 *
 * In the linearised network every weight is its magnitude. Biases and what else is added (positions, masks) are left out;
 * BatchNormalization multiplies by |γ| / σ, other normalisations by |γ| over what they divide by, a constant.
 * ReLU and what is like it hand on what they get. Functions with a bound (sigmoid, tanh, softmax) would saturate: they
 * yield each element's share of the whole, which counts as a constant. Of a product of two values that both carry flow
 * (queries and keys, a gate and what it lets through) each gets half. So flow is conserved: what enters a value leaves
 * it, and the scores of every layer that all flow passes through sum to R.
 *
 * Source: Tanaka et al. 2020, "Pruning neural networks without any data by iteratively conserving synaptic flow",
 * arXiv:2006.05467, eq. 3; the paper treats networks of linear layers, BatchNormalization and ReLU.
 */
export function synapticFlow(): DataFreeProvider<"flow"> {
  return { kind: "flow", dataFree: true, gather };
}

/** The sum of all elements of all float outputs. */
const total: Loss = {
  name: "total",
  build: ({ g, outputs }) => ({
    loss: g.sum(outputs.map(({ name }) => g.op("ReduceSum", [name], { keepdims: 0 }))),
  }),
};

async function gather({ model, analysis }: NetworkContext): Promise<FlowEvidence> {
  const { runtime, operators = [] } = model;
  const graph = magnitudes(singlePrecision(analysis.graph), analysis);
  const feeds = onesFor(graph, analysis);
  const dims = Object.fromEntries(Object.entries(feeds).map(([name, tensor]) => [name, tensor.dims]));
  const leaves = ({ flow }: { readonly flow?: unknown }): boolean => flow !== undefined;
  const made = await forward({ graph, runtime, dims, loss: total, batchStatistics: false, operators, leaves });
  const wanted = weightsOf(analysis);
  const weights = floatConstants(made).filter(({ name }) => wanted.has(name));
  const names = weights.map(({ name }) => name);
  const linear = await linearized(made, runtime, operators, new Set(names));
  const gradients = withGradients(linear, 1, { weights: names });
  const session = await runtime.open(gradients.graph);
  try {
    const results = await session.run(feeds);
    const flows = weights.flatMap((tensor): [string, Float32Array][] => {
      const output = gradients.weights.get(tensor.name);
      if (output === undefined) return [];
      const slopes = floatsOf(results[output]!);
      const flow = toFloat32(tensor).map((w, i) => w * slopes[i]!);
      if (!flow.every(Number.isFinite)) throw errorFlowTooLarge(tensor.name);
      return [[tensor.name, flow]];
    });
    const byName = new Map(flows);
    return { of: (tensor) => byName.get(tensor) };
  } finally {
    await session.release();
  }
}

/** The network with magnitudes for weights, and without the biases of its layers. */
function magnitudes(graph: Graph, analysis: Analysis): Graph {
  const biases = new Set(analysis.linear.flatMap(({ bias }) => bias?.name ?? []));
  const wanted = weightsOf(analysis);
  const values = [...constantsOf(graph).values()].flatMap((tensor): [string, RunTensor][] => {
    if (tensor.dtype !== "float32" || !wanted.has(tensor.name)) return [];
    const { name, dims } = tensor;
    const data = biases.has(name) ? new Float32Array(sizeOf(dims)) : toFloat32(tensor).map(Math.abs);
    return [[name, { dtype: "float32", dims, data }]];
  });
  return withWeights(graph, Object.fromEntries(values));
}

/** Ones for all float inputs, at the sizes that the network was analysed at. */
function onesFor(graph: Graph, { shapes }: Analysis): RunValues {
  const inputs = graph.inputs.map((input) => ({ ...input, dims: shapes.canonical.get(input.name) ?? input.dims }));
  const samples = Object.entries(sampleInputs({ ...graph, inputs }));
  const ones = ({ dims }: RunTensor): RunTensor => ({ dtype: "float32", dims, data: new Float32Array(sizeOf(dims)).fill(1) }); // prettier-ignore
  return Object.fromEntries(
    samples.map(([name, sample]) => [name, sample.dtype === "float32" ? ones(sample) : sample]),
  );
}
