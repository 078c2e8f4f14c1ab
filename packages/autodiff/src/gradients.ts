import {
  type Analysis,
  batchesOf,
  type ChannelGroup,
  constantsOf,
  type EvidenceContext,
  type EvidenceProvider,
  featureAxes,
  feedsFor,
  floatsOf,
  type GateStatistics,
  type GradientEvidence,
  type Graph,
  GraphBuilder,
  hasFixedBatch,
  axisKey,
  labelsOf,
  type Loss,
  type RunTensor,
  type RunValues,
  stepsOf,
  toFloat32,
  unitsAlong,
  type ValueInfo,
} from "@prune/core";
import { fitted } from "./data.ts";
import { errorBadData } from "./errors.ts";
import { forward, LABELS } from "./forward.ts";
import { type GradientGraph, withGradients } from "./gradient-graph.ts";
import { calibrationLoss } from "./losses/calibration-loss.ts";
import { withWeights } from "./put-back.ts";
import { singlePrecision } from "./single-precision.ts";
import { floatConstants, weightsOf } from "./trainable.ts";

export interface GradientsOptions {
  /**
   * What is differentiated. Default: cross-entropy where the data has labels; without labels, of class scores `[N, C]`
   * the cross-entropy with the network's own prediction, of other outputs half their squared norm.
   */
  readonly loss?: Loss | undefined;
}

/**
 * Gradients of a loss over the calibration set, of all weights of linear layers and channel groups, and of gates on units.
 * One pass, a sample at a time (a batch, where the model has a fixed one), so that squares of gradients are the diagonal
 * of the empirical Fisher matrix. Sums over samples are kept by the session: gradients of weights are never copied.
 *
 * `hessianGradient` takes two more passes, by central differences: `H·g ≈ (∇L(θ + εg) − ∇L(θ − εg)) / 2ε` with
 * `ε = 10⁻³ ‖θ‖ / ‖g‖`.
 */
export function gradients(options: GradientsOptions = {}): EvidenceProvider<"gradients"> {
  return { kind: "gradients", gather: (context) => gather(context, options) };
}

/** Length of a step for differences of gradients, relative to that of all weights. */
const STEP = 1e-3;

async function gather(context: EvidenceContext, { loss }: GradientsOptions): Promise<GradientEvidence> {
  const graph = singlePrecision(context.analysis.graph);
  const differentiated = loss ?? calibrationLoss(graph, context.data.labels !== undefined);
  const gates = gatesIn(context.analysis);
  const { mean, meanSquare } = await gradientsOver(graph, context, differentiated, gates);
  const gateOf = new Map(gates.map((gate) => [gateKey(gate.group, gate.axis), gate]));
  let products: Promise<Map<string, Float32Array>> | undefined;
  return {
    mean: (tensor) => mean.get(tensor),
    meanSquare: (tensor) => meanSquare.get(tensor),
    gates: (group, axis) => statisticsOf(gateOf.get(gateKey(group, axis))),
    hessianGradient: async (tensor) => {
      products ??= hessianTimes(mean, graph, context, differentiated);
      return (await products).get(tensor);
    },
  };
}

/** The sums over samples of one group's gates along one axis. */
interface Gate {
  readonly group: ChannelGroup;
  readonly axis: { readonly value: string; readonly axis: number };
  readonly units: Int32Array;
  readonly abs: Float64Array;
  readonly square: Float64Array;
  samples: number;
}

const gateKey = ({ id }: ChannelGroup, axis: Gate["axis"]): string => `${axisKey(axis)} ${id}`;

function gatesIn(analysis: Analysis): Gate[] {
  const free = analysis.groups.filter((group) => !group.blocked);
  return featureAxes(analysis).flatMap((axis) =>
    free.flatMap((group): Gate[] => {
      const units = unitsAlong(analysis, group, axis);
      const zeros = (): Float64Array => new Float64Array(group.size);
      return units ? [{ group, axis, units, abs: zeros(), square: zeros(), samples: 0 }] : [];
    }),
  );
}

function statisticsOf(gate: Gate | undefined): GateStatistics | undefined {
  if (!gate?.samples) return undefined;
  const mean = (sums: Float64Array): Float64Array => sums.map((sum) => sum / gate.samples);
  return { meanAbs: mean(gate.abs), meanSquare: mean(gate.square) };
}

/** Adds what one run says: `[samples, indices]` of the loss's mean over the batch, hence times the number of samples. */
function addTo(gate: Gate, { data, dims }: RunTensor): void {
  const { units, abs, square } = gate;
  const samples = dims[0]!;
  const sums = new Float64Array(abs.length);
  for (let s = 0; s < samples; s++) {
    sums.fill(0);
    units.forEach((unit, i) => {
      if (unit >= 0) sums[unit]! += samples * Number(data[s * units.length + i]);
    });
    sums.forEach((g, unit) => {
      abs[unit]! += Math.abs(g);
      square[unit]! += g * g;
    });
  }
  gate.samples += samples;
}

interface WeightGradients {
  readonly mean: Map<string, Float32Array>;
  readonly meanSquare: Map<string, Float32Array>;
}

async function gradientsOver(
  graph: Graph,
  { model, analysis, data, onProgress }: EvidenceContext,
  loss: Loss,
  gates: readonly Gate[],
): Promise<WeightGradients> {
  const fixed = hasFixedBatch(graph);
  const batch = fixed ? data.batchSize : 1;
  const ranges = batchesOf({ count: data.count, batchSize: batch, batch: (from, to) => data.batch(from, to) }, fixed);
  if (!ranges.length) throw errorBadData(`The model takes ${batch} samples at a time, and the data has ${data.count}.`);
  const feedsOf = (from: number, to: number): RunValues => {
    const fit = fitted(
      { inputs: feedsFor(graph, data.batch(from, to)), labels: labelsOf(data, from, to) },
      graph,
      loss.labels,
    );
    return { ...fit.inputs, ...(fit.labels && { [LABELS]: fit.labels }) };
  };
  const first = feedsOf(0, batch);
  const dims = Object.fromEntries(Object.entries(first).map(([name, tensor]) => [name, tensor.dims]));
  const { trainer: runtime = model.runtime, operators } = model;
  const made = await forward({ graph, runtime, dims, loss, labels: first[LABELS]?.dims, batchStatistics: false, operators }); // prettier-ignore
  const wanted = weightsOf(analysis);
  const weights = floatConstants(made).filter(({ name }) => wanted.has(name));
  const names = weights.map(({ name }) => name);
  const axes = new Map(gates.map(({ axis }) => [axisKey(axis), axis]));
  const summed = withSums(withGradients(made, batch, { weights: names, products: [...axes.values()] }), weights);
  const session = await runtime.open(summed.graph);
  try {
    const steps = await stepsOf(session, summed.initial, summed.next);
    for (const [from, to] of ranges) {
      const results = await steps.run(feedsOf(from, to), [summed.loss, ...summed.products.values()]);
      for (const gate of gates) {
        const product = summed.products.get(axisKey(gate.axis));
        if (product !== undefined) addTo(gate, results[product]!);
      }
      onProgress?.(to, data.count);
    }
    const sums = await steps.state();
    const mean = (kind: string): Map<string, Float32Array> =>
      new Map(
        [...summed.weights.keys()].map((name) => [name, floatsOf(sums[kind + name]!).map((s) => s / ranges.length)]),
      );
    return { mean: mean(SUM), meanSquare: mean(SQUARES) };
  } finally {
    await session.release();
  }
}

const SUM = "gradients:sum/";
const SQUARES = "gradients:squares/";

/** Adds running sums of the gradients of weights and of their squares, which stay in the session. */
function withSums(
  gradient: GradientGraph,
  weights: readonly { readonly name: string; readonly dims: readonly number[] }[],
): GradientGraph & { readonly initial: RunValues; readonly next: Readonly<Record<string, string>> } {
  const builder = new GraphBuilder(gradient.graph, "gradients:");
  const initial: Record<string, RunTensor> = {};
  const next: Record<string, string> = {};
  for (const { name, dims } of weights) {
    const own = gradient.weights.get(name);
    if (own === undefined) continue;
    for (const [kind, value] of [
      [SUM, own],
      [SQUARES, builder.op("Mul", [own, own])],
    ] as const) {
      // prettier-ignore
      const info: ValueInfo = { name: kind + name, dtype: "float32", dims };
      next[info.name] = builder.output(builder.op("Add", [builder.input(info), value]));
      initial[info.name] = { dtype: "float32", dims, data: new Float32Array(dims.reduce((a, b) => a * b, 1)) };
    }
  }
  for (const output of [gradient.loss, ...gradient.products.values()]) builder.output(output);
  return { ...gradient, graph: builder.build(), initial, next };
}

/** The Hessian times a gradient, by central differences of gradients. */
async function hessianTimes(
  direction: ReadonlyMap<string, Float32Array>,
  graph: Graph,
  context: EvidenceContext,
  loss: Loss,
): Promise<Map<string, Float32Array>> {
  const constants = constantsOf(graph);
  const weights = new Map([...direction.keys()].map((name) => [name, toFloat32(constants.get(name)!)]));
  const length = normOf(direction.values());
  if (!length) return new Map([...direction].map(([name, v]) => [name, v.map(() => 0)]));
  const step = (STEP * (normOf(weights.values()) || 1)) / length;
  const at = async (distance: number): Promise<Map<string, Float32Array>> => {
    const moved = [...weights].map(([name, w]): [string, RunTensor] => {
      const v = direction.get(name)!;
      return [name, { dtype: "float32", dims: [w.length], data: w.map((x, i) => x + distance * v[i]!) }];
    });
    return (await gradientsOver(withWeights(graph, Object.fromEntries(moved)), context, loss, [])).mean;
  };
  const [above, below] = [await at(step), await at(-step)];
  return new Map(
    [...above].map(([name, up]) => {
      const down = below.get(name)!;
      return [name, up.map((x, i) => (x - down[i]!) / (2 * step))];
    }),
  );
}

const normOf = (vectors: Iterable<Float32Array>): number => {
  let sum = 0;
  for (const vector of vectors) for (const x of vector) sum += x * x;
  return Math.sqrt(sum);
};
