import { floatsOf } from "../floats-in.ts";
import type { DataSource } from "../data.ts";
import { GraphBuilder } from "../graph/graph-builder.ts";
import type { Graph } from "../graph/graph.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { Model, RunTensor, RunValues } from "../model.ts";
import type { Cut } from "../plan/cut.ts";
import { editGraph, withValues, type Edits } from "../plan/edits.ts";
import { withConstantsAsParameters } from "../parts/weights.ts";
import { maskedTensor, withParameters } from "../plan/verify/weights.ts";
import type { Analysis } from "../solver/analyze.ts";
import { unfoldedMatrixOf } from "../solver/layer-matrix.ts";
import type { LinearLayer } from "../solver/linear-layers.ts";
import { Trail } from "../trail.ts";
import { blocksOf } from "./blocks-of.ts";
import type { ChangingMoments, TargetMoments } from "./evidence.ts";

/** Bytes of activations, of each of the two networks, that are kept between layers. */
const MEMORY = 2 ** 29;

export interface ChangingInput {
  readonly model: Pick<Model, "runtime">;
  readonly analysis: Analysis;
  readonly cut: Cut;
  readonly edits: Edits;
  readonly data: DataSource;
}

/**
 * Runs the original and the changed network side by side, from layer to layer. What the cut removes is zero in the latter
 * and not taken out, so that layers are the same in both.
 */
export function changingMoments({ model, analysis, cut, edits, data }: ChangingInput): ChangingMoments {
  const { quantized } = analysis;
  const cutToZero = (tensor: Tensor): Tensor =>
    maskedTensor(tensor, cut, (length) => new Uint8Array(length), quantized.get(tensor.name));
  const original = analysis.graph;
  let changed = withParameters(withConstantsAsParameters(editGraph(original, edits, quantized)), cutToZero);
  const trails = [original, changed].map((graph) => new Trail(model.runtime, graph, data, MEMORY)) as [Trail, Trail];
  const gather = async (layer: LinearLayer, values?: ArrayLike<number>): Promise<TargetMoments | undefined> => {
    const stays = changed.nodes.some((node) => node.outputs[0] === layer.node.outputs[0]);
    return layer.unfold && stays ? momentsOf(layer, [original, changed], trails, values) : undefined;
  };
  return {
    of: (layer) => gather(layer),
    withTargets: gather,
    change: (tensor, values) => {
      const { name, dtype, dims } = tensor;
      const stored = tensor.stored && { name, dtype, dims, stored: tensor.stored, bytes: () => withValues(tensor, values(), quantized.get(name)).bytes() }; // prettier-ignore
      const changedTensor = cutToZero(stored ?? withValues(tensor, values(), quantized.get(name)));
      changed = { ...changed, parameters: new Map([...changed.parameters, [tensor.name, changedTensor]]) };
    },
  };
}

/** @param values the weights that say what the layer is to yield; without them, `targets` are empty */
async function momentsOf(
  layer: LinearLayer,
  [original, changed]: readonly [Graph, Graph],
  [before, after]: readonly [Trail, Trail],
  values: ArrayLike<number> | undefined,
): Promise<TargetMoments> {
  const columns = layer.features * layer.kernel;
  const reader = new GraphBuilder(original);
  const given = reader.output(reader.op("Cast", [layer.unfold!(reader)], { to: 1 }));
  const builder = new GraphBuilder(changed);
  const x = builder.input({ name: "prune:original", dtype: "float32", dims: undefined });
  // Errors of earlier steps must not mislead a recurrent layer: it is given the states that the original starts with.
  const recurrent = layer.node.outputs.includes(layer.input.value);
  const own = recurrent ? x : builder.op("Cast", [layer.unfold!(builder)], { to: 1 });
  const now = blocksOf(builder, own, layer.blocks, columns);
  const seen = builder.op("Gather", [builder.op("Shape", [own]), builder.int64([0])]);
  const sums = (size: number): Float64Array[] => Array.from({ length: layer.blocks }, () => new Float64Array(size));
  const blocks = { name: builder.op("MatMul", [now.across, now.down]), sums: sums(columns ** 2) };
  const means = { name: builder.sum(own, [0]), sums: sums(columns) };
  const weights = values && weightsOf(layer, values);
  const targets = weights && {
    // Never a matrix of columns × columns: a layer has fewer outputs, or its targets are what is wanted anyway.
    name: builder.op("MatMul", [
      builder.op("MatMul", [
        builder.input({ name: "prune:weights", dtype: "float32", dims: weights.dims }),
        blocksOf(builder, x, layer.blocks, columns).across,
      ]),
      now.down,
    ]),
    sums: sums(layer.rows * columns),
  };
  const parts = targets ? [blocks, means, targets] : [blocks, means];
  let count = 0;
  const add = (found: RunValues): void => {
    count += Number(found[seen]!.data[0]);
    for (const { name, sums: all } of parts) {
      const from = floatsOf(found[name]!);
      for (const [b, into] of all.entries())
        for (let i = 0; i < into.length; i++) into[i]! += from[b * into.length + i]!;
    }
  };
  const asked = [seen, ...parts.map(({ name }) => name)].map(builder.output);
  const upTo = recurrent ? layer.node.inputs.filter(Boolean) : [layer.input.value];
  const first = weights || recurrent ? await before.open(reader.build(), [given], upTo) : undefined;
  try {
    const second = await after.open(builder.build(), asked, upTo);
    try {
      for (let i = 0; i < after.batches.length; i++) {
        const read = await first?.run(i);
        const feeds = { ...(read && { [x]: read[given]! }), ...(weights && { "prune:weights": weights }) };
        add(await second.run(i, feeds));
      }
    } finally {
      await second.close();
    }
  } finally {
    await first?.close();
  }
  for (const part of parts.flatMap(({ sums: all }) => all))
    for (let i = 0; i < part.length; i++) part[i]! /= Math.max(1, count);
  return { count, columns, blocks: blocks.sums, means: means.sums, targets: targets ? targets.sums : [] };
}

/** Weights as an input of a run, `[rows, columns]` or by blocks `[blocks, rows, columns]`. */
function weightsOf(layer: LinearLayer, values: ArrayLike<number>): RunTensor {
  const { blocks, rows, features, kernel } = layer;
  const dims = [rows, features * kernel];
  return { dtype: "float32", dims: blocks === 1 ? dims : [blocks, ...dims], data: unfoldedMatrixOf(layer, values) };
}
