import {
  dampedCholesky,
  inverseOf,
  multiply,
  unitsAlong,
  type ChannelGroup,
  type DampingOptions,
  type LinearLayer,
  type ScoreContext,
} from "@prune/core";
import { backward } from "./backward.ts";
import { liveWeights, momentsOf } from "./moments.ts";
import type { Reader } from "./reader.ts";
import { rising } from "./rising.ts";

/**
 * What the layers that read a group lose with each of its units, when units leave one after the other, always the one that
 * costs least, and the other inputs make up for it: `Σ_i w_iJ·([H⁻¹]_JJ)⁻¹·w_iJᵀ` over rows i that stay, with J the columns
 * that a unit feeds and W and H⁻¹ as the units before it left them. Scores rise in that order; the sum of the smallest is
 * what these units cost together. Without second moments of a layer, `Σ_i |w_iJ|²`; layers that take too much memory
 * together are gone through one by one, each in an order of its own.
 */
export async function unitLosses(
  group: ChannelGroup,
  context: ScoreContext,
  options: DampingOptions,
): Promise<Float32Array> {
  const scores = new Float32Array(group.size);
  const layers = context.analysis.linear.filter((layer) => unitsAlong(context.analysis, group, layer.input));
  if (!layers.length)
    context.remark?.(`Group "${group.id}" is read by no layer with weights, so that none of its units counts.`);
  for (const together of eliminatedTogether(layers)) {
    const readers: Reader[] = [];
    for (const layer of together) readers.push(...(await readersIn(layer, group, context, options)));
    const departures = await backward(readers, options.gemm ?? multiply);
    let last = 0;
    for (const [at, loss] of rising(departures.map((d) => d.loss)).entries()) {
      // Equal ones keep their order: each is at least the next number in single precision.
      last = Math.fround(Math.max(loss, last * (1 + 2 ** -23)));
      scores[departures[at]!.unit]! += last;
    }
  }
  return scores;
}

/** Bytes of inverses that are in memory at once, if there is more than one. */
const TOGETHER = 2 ** 30;

/** All layers that read a group, for an order by what all of them lose; one by one where that would take too much memory. */
export function eliminatedTogether(layers: readonly LinearLayer[]): (readonly LinearLayer[])[] {
  const bytes = layers.reduce((sum, { blocks, features, kernel }) => sum + 8 * blocks * (features * kernel) ** 2, 0);
  return bytes > TOGETHER ? layers.map((layer) => [layer]) : [layers];
}

/** The blocks of a layer that lose something with some units: those in which rows outlive the columns of one. */
async function readersIn(
  layer: LinearLayer,
  group: ChannelGroup,
  context: ScoreContext,
  options: DampingOptions,
): Promise<Reader[]> {
  const { blocks, rows, features, kernel } = layer;
  const columns = features * kernel;
  const units = unitsAlong(context.analysis, group, layer.input)!;
  const outputs = unitsAlong(context.analysis, group, layer.output);
  const fed = Array.from({ length: blocks }, (_, block) => ({
    block,
    owned: ownedIn(columns, (c) => units[layer.inputOf(block, c % features)]!),
    unitOfRow: Int32Array.from({ length: rows }, (_, r) => outputs?.[layer.outputOf(block, r)] ?? -1),
  })).filter(({ owned, unitOfRow }) => [...owned.keys()].some((unit) => unitOfRow.some((other) => other !== unit)));
  if (!fed.length) return [];
  const moments = await momentsOf(layer, context);
  const weights = liveWeights(layer, moments);
  const readers: Reader[] = [];
  for (const { block, owned, unitOfRow } of fed) {
    const inverse = moments && (await inverseFrom(moments[block]!, columns, options));
    const own = weights.slice(block * rows * columns, (block + 1) * rows * columns);
    readers.push({ rows, columns, weights: own, inverse, owned, unitOfRow });
  }
  return readers;
}

/** The columns of each unit, of those that belong to one. */
function ownedIn(columns: number, unitOf: (column: number) => number): Map<number, Int32Array> {
  const owned = new Map<number, number[]>();
  for (let c = 0; c < columns; c++) {
    const unit = unitOf(c);
    const own = owned.get(unit);
    if (own) own.push(c);
    else if (unit >= 0) owned.set(unit, [c]);
  }
  return new Map(Array.from(owned, ([unit, own]) => [unit, Int32Array.from(own)]));
}

async function inverseFrom(
  moments: Float64Array,
  columns: number,
  options: DampingOptions,
): Promise<Float64Array | undefined> {
  const factor = await dampedCholesky(moments, columns, options);
  return factor && inverseOf(factor.lower, columns, options.gemm);
}
