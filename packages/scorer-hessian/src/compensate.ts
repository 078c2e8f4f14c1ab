import {
  keepInMemory,
  LazyMap,
  storedFloats,
  matrixOf,
  momentsInOrder,
  multiply,
  rangesOf,
  scatter,
  solveMasked,
  toFloat32,
  withDamping,
  type ChangedMoments,
  type ChangingMoments,
  type Compensation,
  type DampingOptions,
  type LinearLayer,
  type Outcome,
  type ScoreContext,
} from "@prune/core";
import { eliminate } from "./eliminate.ts";
import { inverseFactorsOf } from "./inverse-factors.ts";
import { sweep, WIDTH, type SweepInput } from "./sweep.ts";
import { wantedOf, type Block } from "./wanted.ts";

/** How values are found for what stays. */
export interface CompensationOptions extends DampingOptions {
  /** Steps of {@link solveMasked} after the sweep. */
  readonly steps: number;
}

/**
 * New weights for every layer that lost inputs or single weights, in the order of the network: each is fitted to what it
 * yielded in the original, given what the layers before it, already fitted, feed it.
 */
export async function compensate(
  { cut, edits }: Outcome,
  context: ScoreContext,
  options: CompensationOptions,
): Promise<Compensation> {
  const values = new LazyMap<Float32Array>();
  const { keep = keepInMemory } = context.runtime ?? {};
  const changing = context.evidence.get("hessian").after(cut, edits);
  let damping = 0;
  for (const layer of context.analysis.linear) {
    const { tensor } = layer;
    if (values.has(tensor.name)) continue;
    const gone = goneColumns(layer, cut.kept(layer.input));
    const mask = edits.masks?.get(tensor.name);
    if (!gone && !mask?.includes(0)) continue;
    const original = edits.values?.get(tensor.name) ?? toFloat32(tensor);
    const weights = matrixOf(layer, original);
    const blocks = await blocksOf(layer, weights, changing, options);
    if (!blocks) continue;
    const used = mask
      ? await withoutMasked(layer, blocks, matrixOf(layer, mask), gone, options)
      : await withoutColumns(blocks, gone!, options);
    if (used === undefined) continue;
    damping = Math.max(damping, used);
    const changed = scatter(layer, weights, Float32Array.from(original));
    const { read } = storedFloats(changed, tensor.stored ? keep : keepInMemory);
    values.set(tensor.name, read);
    changing.change(tensor, read);
  }
  return { values, notes: { layers: values.size, damping } };
}

const isUsable = (moments: ChangedMoments | undefined): moments is ChangedMoments =>
  Boolean(moments?.count) && [...moments!.blocks, ...moments!.cross].every((block) => block.every(Number.isFinite));

/** A layer's blocks, whose weights are parts of its matrix; undefined where second moments cannot be had. */
async function blocksOf(
  layer: LinearLayer,
  weights: Float64Array,
  changing: ChangingMoments,
  { gemm = multiply }: DampingOptions,
): Promise<Block[] | undefined> {
  const found = await changing.of(layer);
  if (!isUsable(found)) return undefined;
  const columns = layer.features * layer.kernel;
  const size = layer.rows * columns;
  const blocks: Block[] = [];
  for (const [b, moments] of found.blocks.entries()) {
    const own = weights.subarray(b * size, (b + 1) * size);
    // The second of the two large matrices is needed no longer than this.
    const target = await gemm(own, momentsInOrder(layer, found.cross[b]!), layer.rows, columns, columns);
    blocks.push({ weights: own, rows: layer.rows, moments: momentsInOrder(layer, moments), target });
  }
  return blocks;
}

/** Per block 1 for each column of the layer's matrix whose input leaves; undefined where no block loses some and keeps others. */
function goneColumns(
  { blocks, features, kernel, inputOf }: LinearLayer,
  kept: { readonly whole: boolean; readonly size: number; readonly indices: ArrayLike<number> },
): Uint8Array[] | undefined {
  if (kept.whole) return undefined;
  const leaves = new Uint8Array(kept.size).fill(1);
  for (let i = 0; i < kept.indices.length; i++) leaves[kept.indices[i]!] = 0;
  const gone = Array.from({ length: blocks }, (_, block) =>
    Uint8Array.from({ length: features * kernel }, (_, c) => leaves[inputOf(block, c % features)]!),
  );
  return gone.some(isMixed) ? gone : undefined;
}

const isMixed = (gone: Uint8Array): boolean => gone.includes(0) && gone.includes(1);

async function withoutColumns(
  blocks: readonly Block[],
  gone: readonly Uint8Array[],
  options: DampingOptions,
): Promise<number | undefined> {
  let damping = 0;
  for (const [b, columns] of gone.entries()) {
    if (!isMixed(columns)) continue; // a block that leaves whole has nothing that could make up for it
    damping = Math.max(damping, (await eliminate(blocks[b]!, columns, options)) ?? 0);
  }
  return damping;
}

async function withoutMasked(
  layer: LinearLayer,
  blocks: readonly Block[],
  mask: Float64Array,
  gone: readonly Uint8Array[] | undefined,
  options: CompensationOptions,
): Promise<number | undefined> {
  const found = await inverseFactorsOf(layer, blocks.map(({ moments }) => moments), options); // prettier-ignore
  if (!found) return undefined;
  const { rows, features, kernel } = layer;
  const columns = features * kernel;
  const size = rows * columns;
  const stays = Uint8Array.from(mask, (keep, at) => (keep && !gone?.[Math.floor(at / size)]![at % columns] ? 1 : 0));
  const { gemm = multiply } = options;
  for (const [b, block] of blocks.entries()) {
    const own = stays.subarray(b * size, (b + 1) * size);
    const choose: SweepInput["choose"] = ({ length }, [from, to]) => {
      const width = to - from;
      return Uint8Array.from({ length }, (_, at) => own[Math.floor(at / width) * columns + from + (at % width)]!);
    };
    const { weights } = block;
    const original = options.steps ? weights.slice() : weights;
    const alone = { ...layer, blocks: 1 };
    const ranges = rangesOf(layer, { columns: 1, apart: false }, WIDTH);
    await sweep({ layer: alone, weights, factors: [found.factors[b]!], ranges, choose, gemm });
    if (!options.steps) continue;
    const hessian = withDamping(block.moments, columns, found.damping);
    const added = Float64Array.from({ length: columns }, (_, c) => hessian[c * (columns + 1)]! - block.moments[c * (columns + 1)]!); // prettier-ignore
    const wanted = wantedOf({ ...block, weights: original }, added);
    await solveMasked({ weights, wanted, stays: own, hessian, rows, steps: options.steps, gemm });
  }
  return found.damping;
}
