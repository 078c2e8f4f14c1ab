import type { DataSource } from "../data.ts";
import { GraphBuilder } from "../graph/graph-builder.ts";
import type { Graph } from "../graph/graph.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { Model, RunValues } from "../model.ts";
import type { Cut } from "../plan/cut.ts";
import { editGraph, withValues, type Edits } from "../plan/edits.ts";
import { withConstantsAsParameters } from "../parts/weights.ts";
import { maskedTensor, withParameters } from "../plan/verify/weights.ts";
import type { Analysis } from "../solver/analyze.ts";
import type { LinearLayer } from "../solver/linear-layers.ts";
import { Trail } from "../trail.ts";
import { blocksOf } from "./blocks-of.ts";
import type { ChangedMoments, ChangingMoments } from "./evidence.ts";
import { floatsOf } from "./runs.ts";

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
  return {
    of: async (layer) => {
      const stays = changed.nodes.some((node) => node.outputs[0] === layer.node.outputs[0]);
      return layer.unfold && stays ? momentsOf(layer, [original, changed], trails) : undefined;
    },
    change: (tensor, values) => {
      const { name, dtype, dims } = tensor;
      const stored = tensor.stored && { name, dtype, dims, stored: tensor.stored, bytes: () => withValues(tensor, values(), quantized.get(name)).bytes() }; // prettier-ignore
      const changedTensor = cutToZero(stored ?? withValues(tensor, values(), quantized.get(name)));
      changed = { ...changed, parameters: new Map([...changed.parameters, [tensor.name, changedTensor]]) };
    },
  };
}

async function momentsOf(
  layer: LinearLayer,
  [original, changed]: readonly [Graph, Graph],
  [before, after]: readonly [Trail, Trail],
): Promise<ChangedMoments> {
  const columns = layer.features * layer.kernel;
  const reader = new GraphBuilder(original);
  const given = reader.output(reader.op("Cast", [layer.unfold!(reader)], { to: 1 }));
  const builder = new GraphBuilder(changed);
  const x = builder.input({ name: "prune:original", dtype: "float32", dims: undefined });
  // Errors of earlier steps must not mislead a recurrent layer: it is given the states that the original starts with.
  const recurrent = layer.node.outputs.includes(layer.input.value);
  const own = recurrent ? x : builder.op("Cast", [layer.unfold!(builder)], { to: 1 });
  const [now, then] = [blocksOf(builder, own, layer.blocks, columns), blocksOf(builder, x, layer.blocks, columns)];
  const rows = builder.op("Gather", [builder.op("Shape", [own]), builder.int64([0])]);
  const names = {
    blocks: builder.op("MatMul", [now.across, now.down]),
    cross: builder.op("MatMul", [now.across, then.down]),
    means: builder.sum(own, [0]),
  };
  const sums = (size: number): Float64Array[] => Array.from({ length: layer.blocks }, () => new Float64Array(size));
  const moments = { blocks: sums(columns ** 2), cross: sums(columns ** 2), means: sums(columns) };
  let count = 0;
  const add = (values: RunValues): void => {
    count += Number(values[rows]!.data[0]);
    for (const key of ["blocks", "cross", "means"] as const) {
      const from = floatsOf(values[names[key]]!);
      for (const [b, into] of moments[key].entries())
        for (let i = 0; i < into.length; i++) into[i]! += from[b * into.length + i]!;
    }
  };
  const asked = [rows, ...Object.values(names)].map(builder.output);
  const upTo = recurrent ? layer.node.inputs.filter(Boolean) : [layer.input.value];
  const first = await before.open(reader.build(), [given], upTo);
  try {
    const second = await after.open(builder.build(), asked, upTo);
    try {
      for (let i = 0; i < before.batches.length; i++) {
        const values = await first.run(i);
        add(await second.run(i, { [x]: values[given]! }));
      }
    } finally {
      await second.close();
    }
  } finally {
    await first.close();
  }
  for (const part of Object.values(moments).flat())
    for (let i = 0; i < part.length; i++) part[i]! /= Math.max(1, count);
  return { count, columns, ...moments };
}
