import {
  cholesky,
  dampedCholesky,
  inverseOf,
  solveCholesky,
  unitsAlong,
  type ChannelGroup,
  type DampingOptions,
  type LinearLayer,
  type ScoreContext,
} from "@prune/core";
import { liveWeights, momentsOf } from "./moments.ts";

/**
 * What removing each unit of a group costs the layers that read it, after the other inputs have made up for it. With J the
 * columns that a unit feeds, `S = Σ_i w_iJ·([H⁻¹]_JJ)⁻¹·w_iJᵀ` over rows i that stay; for one column that is
 * `Σ_i W_ij² / [H⁻¹]_jj`. Without second moments, `Σ_i |w_iJ|²`.
 */
export async function unitLosses(
  group: ChannelGroup,
  context: ScoreContext,
  options: DampingOptions,
): Promise<Float32Array> {
  const losses = new Float64Array(group.size);
  let read = false;
  for (const layer of context.analysis.linear) {
    const units = unitsAlong(context.analysis, group, layer.input);
    if (!units) continue;
    read = true;
    await addLosses(losses, layer, units, group, context, options);
  }
  if (!read)
    context.remark?.(`Group "${group.id}" is read by no layer with weights, so that none of its units counts.`);
  return Float32Array.from(losses);
}

async function addLosses(
  losses: Float64Array,
  layer: LinearLayer,
  units: Int32Array,
  group: ChannelGroup,
  context: ScoreContext,
  options: DampingOptions,
): Promise<void> {
  const { blocks, rows, features, kernel } = layer;
  const columns = features * kernel;
  const moments = await momentsOf(layer, context);
  const weights = liveWeights(layer, moments);
  const outputs = unitsAlong(context.analysis, group, layer.output);
  for (let block = 0; block < blocks; block++) {
    const inverse = moments && (await inverseFrom(moments[block]!, columns, options));
    const own = new Map<number, number[]>();
    for (let c = 0; c < columns; c++) {
      const unit = units[layer.inputOf(block, c % features)]!;
      if (unit >= 0) own.set(unit, [...(own.get(unit) ?? []), c]);
    }
    for (const [unit, list] of own) {
      const stays = Array.from({ length: rows }, (_, r) => r).filter(
        (r) => outputs?.[layer.outputOf(block, r)] !== unit,
      );
      const part = Float64Array.from(stays.flatMap((r) => list.map((c) => weights[(block * rows + r) * columns + c]!)));
      losses[unit]! += await lossOf(part, stays.length, list, inverse, columns);
    }
  }
}

async function inverseFrom(
  moments: Float64Array,
  columns: number,
  options: DampingOptions,
): Promise<Float64Array | undefined> {
  const factor = await dampedCholesky(moments, columns, options);
  return factor && inverseOf(factor.lower, columns, options.gemm);
}

/** `Σ w·G⁻¹·wᵀ` over rows w, with G the part of the inverse that belongs to some columns. */
async function lossOf(
  part: Float64Array,
  rows: number,
  columns: readonly number[],
  inverse: Float64Array | undefined,
  n: number,
): Promise<number> {
  const width = columns.length;
  const lower =
    inverse &&
    (await cholesky(Float64Array.from(columns.flatMap((i) => columns.map((j) => inverse[i * n + j]!))), width));
  const solved = lower ? await solveCholesky(lower, width, part, rows) : part;
  return part.reduce((sum, w, i) => sum + w * solved[i]!, 0);
}
