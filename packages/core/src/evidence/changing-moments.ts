import { floatsOf } from "../floats-in.ts";
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
  const gather = async (layer: LinearLayer, crossed: boolean): Promise<ChangedMoments | undefined> => {
    const stays = changed.nodes.some((node) => node.outputs[0] === layer.node.outputs[0]);
    return layer.unfold && stays ? momentsOf(layer, [original, changed], trails, crossed) : undefined;
  };
  return {
    of: (layer) => gather(layer, false),
    withCross: (layer) => gather(layer, true),
    change: (tensor, values) => {
      const { name, dtype, dims } = tensor;
      const stored = tensor.stored && { name, dtype, dims, stored: tensor.stored, bytes: () => withValues(tensor, values(), quantized.get(name)).bytes() }; // prettier-ignore
      const changedTensor = cutToZero(stored ?? withValues(tensor, values(), quantized.get(name)));
      changed = { ...changed, parameters: new Map([...changed.parameters, [tensor.name, changedTensor]]) };
    },
  };
}

/** @param crossed whether cross moments are wanted; without them, `cross` is empty */
async function momentsOf(
  layer: LinearLayer,
  [original, changed]: readonly [Graph, Graph],
  [before, after]: readonly [Trail, Trail],
  crossed: boolean,
): Promise<ChangedMoments> {
  const columns = layer.features * layer.kernel;
  const reader = new GraphBuilder(original);
  const given = reader.output(reader.op("Cast", [layer.unfold!(reader)], { to: 1 }));
  const builder = new GraphBuilder(changed);
  const x = builder.input({ name: "prune:original", dtype: "float32", dims: undefined });
  // Errors of earlier steps must not mislead a recurrent layer: it is given the states that the original starts with.
  const recurrent = layer.node.outputs.includes(layer.input.value);
  const own = recurrent ? x : builder.op("Cast", [layer.unfold!(builder)], { to: 1 });
  const now = blocksOf(builder, own, layer.blocks, columns);
  const rows = builder.op("Gather", [builder.op("Shape", [own]), builder.int64([0])]);
  const sums = (size: number): Float64Array[] => Array.from({ length: layer.blocks }, () => new Float64Array(size));
  const blocks = { name: builder.op("MatMul", [now.across, now.down]), sums: sums(columns ** 2) };
  const means = { name: builder.sum(own, [0]), sums: sums(columns) };
  const cross = crossed && {
    name: builder.op("MatMul", [now.across, blocksOf(builder, x, layer.blocks, columns).down]),
    sums: sums(columns ** 2),
  };
  const parts = cross ? [blocks, means, cross] : [blocks, means];
  let count = 0;
  const add = (values: RunValues): void => {
    count += Number(values[rows]!.data[0]);
    for (const { name, sums: all } of parts) {
      const from = floatsOf(values[name]!);
      for (const [b, into] of all.entries())
        for (let i = 0; i < into.length; i++) into[i]! += from[b * into.length + i]!;
    }
  };
  const asked = [rows, ...parts.map(({ name }) => name)].map(builder.output);
  const upTo = recurrent ? layer.node.inputs.filter(Boolean) : [layer.input.value];
  const first = crossed || recurrent ? await before.open(reader.build(), [given], upTo) : undefined;
  try {
    const second = await after.open(builder.build(), asked, upTo);
    try {
      for (let i = 0; i < after.batches.length; i++) {
        const values = await first?.run(i);
        add(await second.run(i, values && { [x]: values[given]! }));
      }
    } finally {
      await second.close();
    }
  } finally {
    await first?.close();
  }
  for (const part of parts.flatMap(({ sums: all }) => all))
    for (let i = 0; i < part.length; i++) part[i]! /= Math.max(1, count);
  return { count, columns, blocks: blocks.sums, means: means.sums, cross: cross ? cross.sums : [] };
}
