import {
  gather,
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
  type ChangingMoments,
  type Compensation,
  type DampingOptions,
  type LinearLayer,
  type Outcome,
  type ScoreContext,
  type SecondMoments,
} from "@prune/core";
import { eliminate } from "./eliminate.ts";
import { inverseFactorsOf } from "./inverse-factors.ts";
import { sweep, WIDTH, type SweepInput } from "./sweep.ts";
import { wantedOf, type Block, type FittedBlock } from "./wanted.ts";

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
    const used = mask
      ? await withoutMasked(layer, weights, staysOf(layer, mask, gone), changing, options)
      : await withoutColumns(layer, weights, gone!, changing, options);
    if (used === undefined) continue;
    damping = Math.max(damping, used);
    const changed = scatter(layer, weights, Float32Array.from(original));
    const { read } = storedFloats(changed, tensor.stored ? keep : keepInMemory);
    values.set(tensor.name, read);
    changing.change(tensor, read);
  }
  return { values, notes: { layers: values.size, damping } };
}

const areFinite = (matrices: readonly Float64Array[]): boolean =>
  matrices.every((matrix) => matrix.every(Number.isFinite));

/** A layer's blocks, whose weights are parts of its matrix; undefined where second moments cannot be had. */
async function blocksOf(
  layer: LinearLayer,
  weights: Float64Array,
  changing: ChangingMoments,
): Promise<Block[] | undefined> {
  const found = await changing.of(layer);
  return found?.count && areFinite(found.blocks) ? blocksWith(layer, weights, found) : undefined;
}

/** The same with what they are to yield. */
async function fittedBlocksOf(
  layer: LinearLayer,
  weights: Float64Array,
  changing: ChangingMoments,
  { gemm = multiply }: DampingOptions,
): Promise<FittedBlock[] | undefined> {
  const found = await changing.withCross(layer);
  if (!found?.count || !areFinite([...found.blocks, ...found.cross])) return undefined;
  const blocks: FittedBlock[] = [];
  for (const [b, block] of blocksWith(layer, weights, found).entries()) {
    const { rows, weights: own } = block;
    // The second of the two large matrices is needed no longer than this.
    const target = await gemm(own, momentsInOrder(layer, found.cross[b]!), rows, found.columns, found.columns);
    blocks.push({ ...block, target });
  }
  return blocks;
}

function blocksWith(layer: LinearLayer, weights: Float64Array, { blocks, columns }: SecondMoments): Block[] {
  const { rows } = layer;
  const size = rows * columns;
  return blocks.map((moments, b) => ({
    weights: weights.subarray(b * size, (b + 1) * size),
    rows,
    moments: momentsInOrder(layer, moments),
  }));
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

/** 1 for what a mask leaves of a layer's matrix, and no column takes. */
function staysOf(layer: LinearLayer, mask: Uint8Array, gone: readonly Uint8Array[] | undefined): Uint8Array {
  const { blocks, rows, features, kernel } = layer;
  const columns = features * kernel;
  const stays = gather(layer, mask, new Uint8Array(blocks * rows * columns));
  for (const [b, leaves] of gone?.entries() ?? [])
    for (let r = b * rows; r < (b + 1) * rows; r++)
      for (let c = 0; c < columns; c++) if (leaves[c]) stays[r * columns + c] = 0;
  return stays;
}

async function withoutColumns(
  layer: LinearLayer,
  weights: Float64Array,
  gone: readonly Uint8Array[],
  changing: ChangingMoments,
  options: DampingOptions,
): Promise<number | undefined> {
  const blocks = await fittedBlocksOf(layer, weights, changing, options);
  if (!blocks) return undefined;
  let damping = 0;
  for (const [b, columns] of gone.entries()) {
    if (!isMixed(columns)) continue; // a block that leaves whole has nothing that could make up for it
    damping = Math.max(damping, (await eliminate(blocks[b]!, columns, options)) ?? 0);
  }
  return damping;
}

async function withoutMasked(
  layer: LinearLayer,
  matrix: Float64Array,
  stays: Uint8Array,
  changing: ChangingMoments,
  options: CompensationOptions,
): Promise<number | undefined> {
  // A sweep takes what changed before it as given: only what is refined is fitted to what the original yields.
  const blocks: readonly (Block | FittedBlock)[] | undefined = await (options.steps
    ? fittedBlocksOf(layer, matrix, changing, options)
    : blocksOf(layer, matrix, changing));
  if (!blocks) return undefined;
  const found = await inverseFactorsOf(layer, blocks.map(({ moments }) => moments), options); // prettier-ignore
  if (!found) return undefined;
  const { rows, features, kernel } = layer;
  const columns = features * kernel;
  const size = rows * columns;
  const { gemm = multiply } = options;
  for (const [b, block] of blocks.entries()) {
    const own = stays.subarray(b * size, (b + 1) * size);
    const choose: SweepInput["choose"] = ({ length }, [from, to]) => {
      const width = to - from;
      return Uint8Array.from({ length }, (_, at) => own[Math.floor(at / width) * columns + from + (at % width)]!);
    };
    const { weights } = block;
    const fitted = "target" in block ? { ...block, weights: weights.slice() } : undefined;
    const alone = { ...layer, blocks: 1 };
    const ranges = rangesOf(layer, { columns: 1, apart: false }, WIDTH);
    await sweep({ layer: alone, weights, factors: [found.factors[b]!], ranges, choose, gemm });
    if (!fitted) continue;
    const hessian = withDamping(block.moments, columns, found.damping);
    const added = Float64Array.from({ length: columns }, (_, c) => hessian[c * (columns + 1)]! - block.moments[c * (columns + 1)]!); // prettier-ignore
    const wanted = wantedOf(fitted, added);
    await solveMasked({ weights, wanted, stays: own, hessian, rows, steps: options.steps, gemm });
  }
  return found.damping;
}
