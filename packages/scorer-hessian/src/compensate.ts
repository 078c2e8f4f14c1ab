import {
  matrixOf,
  rangesOf,
  scatter,
  toFloat32,
  withDamping,
  type Compensation,
  type DampingOptions,
  type LinearLayer,
  type Outcome,
  type ScoreContext,
} from "@prune/core";
import { eliminate } from "./eliminate.ts";
import { refine } from "./refine.ts";
import { inverseFactorsOf } from "./inverse-factors.ts";
import { momentsOf } from "./moments.ts";
import { sweep, WIDTH, type SweepInput } from "./sweep.ts";

/** How values are found for what stays. */
export interface CompensationOptions extends DampingOptions {
  /** Steps of {@link refine} after the sweep. */
  readonly steps: number;
}

/** New weights for every layer that lost inputs or single weights, so that its outputs stay as near as they can. */
export async function compensate(
  { cut, edits }: Outcome,
  context: ScoreContext,
  options: CompensationOptions,
): Promise<Compensation> {
  const values = new Map<string, Float32Array>();
  let damping = 0;
  for (const layer of context.analysis.linear) {
    const { tensor } = layer;
    if (values.has(tensor.name)) continue;
    const gone = goneColumns(layer, cut.kept(layer.input));
    const mask = edits.masks?.get(tensor.name);
    if (!gone && !mask?.includes(0)) continue;
    const original = edits.values?.get(tensor.name) ?? toFloat32(tensor);
    const weights = matrixOf(layer, original);
    const used = [
      gone && (await withoutColumns(layer, weights, gone, context, options)),
      mask && (await withoutMasked(layer, weights, matrixOf(layer, mask), gone, context, options)),
    ].filter((d) => d !== undefined);
    if (!used.length) continue;
    damping = Math.max(damping, ...used);
    values.set(tensor.name, scatter(layer, weights, Float32Array.from(original)));
  }
  return { values, notes: { layers: values.size, damping } };
}

/** Per block 1 for each column of the layer's matrix whose input leaves; undefined where all stay. */
function goneColumns(
  { blocks, features, kernel, inputOf }: LinearLayer,
  kept: { readonly whole: boolean; readonly size: number; readonly indices: ArrayLike<number> },
): Uint8Array[] | undefined {
  if (kept.whole) return undefined;
  const leaves = new Uint8Array(kept.size).fill(1);
  for (let i = 0; i < kept.indices.length; i++) leaves[kept.indices[i]!] = 0;
  return Array.from({ length: blocks }, (_, block) =>
    Uint8Array.from({ length: features * kernel }, (_, c) => leaves[inputOf(block, c % features)]!),
  );
}

async function withoutColumns(
  layer: LinearLayer,
  weights: Float64Array,
  gone: readonly Uint8Array[],
  context: ScoreContext,
  options: CompensationOptions,
): Promise<number | undefined> {
  const moments = await momentsOf(layer, context);
  if (!moments) return undefined;
  const size = layer.rows * layer.features * layer.kernel;
  let damping = 0;
  for (const [block, columns] of gone.entries()) {
    // A block that leaves whole has nothing that could make up for it.
    if (!columns.includes(0) || !columns.includes(1)) continue;
    const own = weights.subarray(block * size, (block + 1) * size);
    damping = Math.max(damping, (await eliminate(own, layer.rows, moments[block]!, columns, options)) ?? 0);
  }
  return damping;
}

async function withoutMasked(
  layer: LinearLayer,
  weights: Float64Array,
  mask: Float64Array,
  gone: readonly Uint8Array[] | undefined,
  context: ScoreContext,
  options: CompensationOptions,
): Promise<number | undefined> {
  const moments = await momentsOf(layer, context);
  const found = moments && (await inverseFactorsOf(layer, moments, options));
  if (!found) return undefined;
  const { rows, features, kernel } = layer;
  const columns = features * kernel;
  const stays = Uint8Array.from(mask, (keep, at) =>
    keep && !gone?.[Math.floor(at / columns / rows)]![at % columns] ? 1 : 0,
  );
  const choose: SweepInput["choose"] = ({ length }, [from, to]) => {
    const width = to - from;
    return Uint8Array.from({ length }, (_, at) => stays[Math.floor(at / width) * columns + from + (at % width)]!);
  };
  const before = weights.slice();
  const ranges = rangesOf(layer, { columns: 1, apart: false }, WIDTH);
  await sweep({ layer, weights, factors: found.factors, ranges, choose, gemm: options.gemm });
  for (const [block, hessian] of moments.entries()) {
    const part = <T extends Float64Array | Uint8Array>(of: T): T =>
      of.subarray(block * rows * columns, (block + 1) * rows * columns) as T;
    const damped = withDamping(hessian, columns, found.damping);
    await refine({
      weights: part(weights),
      before: part(before),
      stays: part(stays),
      hessian: damped,
      rows,
      ...options,
    });
  }
  return found.damping;
}
