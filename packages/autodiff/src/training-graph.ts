import type { Graph, RunTensor, RunValues, ValueInfo } from "@prune/core";
import { constantsOf, sizeOf, type Tensor, toFloat32 } from "@prune/core";
import { differentiate } from "./differentiate.ts";
import { errorBadOption, errorNoWeights } from "./errors.ts";
import { forward, type ForwardOptions, PREFIX, type Taught } from "./forward.ts";
import type { Optimizer } from "./optimizers/optimizer.ts";
import { type Trainable, trainableWeights } from "./trainable.ts";

export interface TrainingGraphOptions extends ForwardOptions {
  readonly optimizer: Optimizer;
  readonly trainable?: Trainable | undefined;
  /**
   * Weights that keep zeros: name → ones where an element may change, zeros elsewhere, in the weight's shape. Of what is
   * not trained, nothing changes either way.
   */
  readonly masks?: Readonly<Record<string, ArrayLike<number>>> | undefined;
  /** Scales all gradients down so that their joint norm is at most this. Default: no limit. */
  readonly clipNorm?: number | undefined;
}

/** A graph of which one run is one step of training. */
export interface TrainingGraph {
  readonly graph: Graph;
  /** Names of the outputs. */
  readonly loss: string;
  readonly metric: string | undefined;
  /** The network's tensors that training changes: weights and stored statistics, by their names. */
  readonly weights: readonly Tensor[];
  /** What the first step starts from: weights, statistics and the optimiser's memory, by input name. */
  readonly initial: RunValues;
  /** Which output each of them becomes: input name → output name. */
  readonly next: Readonly<Record<string, string>>;
  /** What the loss reads of the teacher. */
  readonly taught: readonly Taught[];
  /** Values of the inputs that change from step to step, by input name. */
  readonly scalars: (step: number, learningRate: number) => RunValues;
}

const scalarName = (name: string): string => `${PREFIX}scalar/${name}`;
const slotName = (weight: string, slot: string): string => `${PREFIX}${slot}/${weight}`;

/** Builds the graph of a training step. @throws {PruneError} */
export async function trainingGraph(options: TrainingGraphOptions): Promise<TrainingGraph> {
  const { optimizer, masks = {}, clipNorm } = options;
  const made = await forward(options);
  const { g, statistics } = made;
  const chosen = trainableWeights(made, options.trainable);
  const gradients = differentiate(made.steps, made.operands, made.loss, new Set(chosen.map((t) => t.name)), g);
  const weights = chosen.filter((tensor) => gradients.has(tensor.name));
  if (!weights.length) throw errorNoWeights();
  const constants = constantsOf(made.network);
  const masked = new Map(Object.entries(masks).map(([name, mask]) => [name, maskOf(g, constants, name, mask)]));
  const kept = (name: string, value: string): string => {
    const mask = masked.get(name);
    return mask === undefined ? value : g.mul(value, mask);
  };
  const raw = weights.map((tensor) => kept(tensor.name, gradients.get(tensor.name)!));
  const limited = clipNorm === undefined ? raw : clipped(g, raw, clipNorm);
  const scalarNames = Object.keys(optimizer.scalars(1, optimizer.learningRate));
  const scalars = Object.fromEntries(scalarNames.map((name) => [name, scalarName(name)]));

  const initial: Record<string, RunTensor> = {};
  const next: Record<string, string> = {};
  const keep = (name: string, data: Float32Array, dims: readonly number[], output: string): void => {
    initial[name] = { dtype: "float32", dims, data };
    next[name] = output;
  };
  for (const [i, { name, dims }] of weights.entries()) {
    const slots = Object.fromEntries(optimizer.slots.map((slot) => [slot, slotName(name, slot)]));
    // A vector scales or shifts a channel; pulling it to zero is no regularisation.
    const decays = dims.filter((d) => d > 1).length > 1;
    const updated = optimizer.update({ g, weight: name, gradient: limited[i]!, slots, scalars, decays });
    const mask = masks[name];
    keep(name, withMask(toFloat32(weights[i]!), mask), dims, kept(name, updated.weight));
    for (const slot of optimizer.slots) keep(slotName(name, slot), new Float32Array(sizeOf(dims)), dims, updated.slots[slot]!); // prettier-ignore
  }
  const changing = [...statistics].flatMap(([name, value]) => {
    const tensor = made.network.parameters.get(name);
    return tensor && value !== undefined ? [{ tensor, value }] : [];
  });
  for (const { tensor, value } of changing) keep(tensor.name, toFloat32(tensor).slice(), tensor.dims, value);

  const fed: ValueInfo[] = [
    ...Object.entries(initial).map(([name, { dims }]) => ({ name, dtype: "float32" as const, dims })),
    ...Object.values(scalars).map((name) => ({ name, dtype: "float32" as const, dims: [] })),
  ];
  const outputs = [made.loss, ...(made.metric === undefined ? [] : [made.metric]), ...Object.values(next)];
  return {
    graph: made.graphOf(outputs, fed),
    loss: made.loss,
    metric: made.metric,
    weights: [...weights, ...changing.map(({ tensor }) => tensor)],
    initial,
    next,
    taught: made.taught,
    scalars: (step, learningRate) =>
      Object.fromEntries(
        Object.entries(optimizer.scalars(step, learningRate)).map(([name, value]) => [
          scalarName(name),
          { dtype: "float32", dims: [], data: Float32Array.of(value) },
        ]),
      ),
  };
}

function maskOf(
  g: { floats: (v: ArrayLike<number>, dims: readonly number[]) => string },
  constants: ReadonlyMap<string, Tensor>,
  name: string,
  mask: ArrayLike<number>,
): string {
  const tensor = constants.get(name);
  if (!tensor || mask.length !== sizeOf(tensor.dims)) {
    throw errorBadOption(
      `masks["${name}"]`,
      tensor ? `${sizeOf(tensor.dims)} numbers` : "that of a constant of the network",
      mask.length,
    );
  }
  return g.floats(mask, tensor.dims);
}

const withMask = (values: Float32Array, mask: ArrayLike<number> | undefined): Float32Array =>
  mask ? values.map((v, i) => v * mask[i]!) : values.slice();

/** Gradients scaled by `min(1, limit / norm)`, the norm being that of all of them together. Pascanu et al. 2013, arXiv:1211.5063. */
function clipped(g: Parameters<typeof differentiate>[4], gradients: readonly string[], limit: number): string[] {
  if (!(limit > 0)) throw errorBadOption("clipNorm", "above 0", limit);
  const squares = gradients.map((name) => g.op("ReduceSumSquare", [name], { keepdims: 0 }));
  const norm = g.op("Sqrt", [g.sum(squares)]);
  const factor = g.op("Min", [g.scalar(1), g.div(g.scalar(limit), g.shift(norm, 1e-6))]);
  return gradients.map((name) => g.mul(name, factor));
}
