import {
  columnsInOrder,
  dampedDiagonal,
  gather,
  keepInMemory,
  LazyMap,
  matrixOf,
  momentsInOrder,
  rangesOf,
  replaceDiagonal,
  scatter,
  solveMasked,
  storedFloats,
  toFloat32,
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
import { pullTo, type Block, type FittedBlock } from "./wanted.ts";

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
    // Asked for whenever it is needed: of a layer that is not in memory, it need not be there all the time.
    const original = (): Float32Array => edits.values?.get(tensor.name) ?? toFloat32(tensor);
    const weights = matrixOf(layer, original());
    const work = { layer, original, weights, changing, options };
    const used = mask ? await withoutMasked(work, staysOf(layer, mask, gone)) : await withoutColumns(work, gone!);
    if (used === undefined) continue;
    damping = Math.max(damping, used);
    const changed = scatter(layer, weights, Float32Array.from(original()));
    const { read } = storedFloats(changed, tensor.stored ? keep : keepInMemory);
    values.set(tensor.name, read);
    changing.change(tensor, read);
  }
  return { values, notes: { layers: values.size, damping } };
}

/** A layer that makes up for what it lost. */
interface Work {
  readonly layer: LinearLayer;
  /** Its weights before, in the layout of its tensor. */
  readonly original: () => Float32Array;
  /** The same in the order of its matrix; become those that make up for what left. */
  readonly weights: Float64Array;
  readonly changing: ChangingMoments;
  readonly options: CompensationOptions;
}

const areFinite = (matrices: readonly Float64Array[]): boolean =>
  matrices.every((matrix) => matrix.every(Number.isFinite));

/** A layer's blocks, whose weights are parts of its matrix; undefined where second moments cannot be had. */
async function blocksOf({ layer, weights, changing }: Work): Promise<Block[] | undefined> {
  const found = await changing.of(layer);
  return found?.count && areFinite(found.blocks) ? blocksWith(layer, weights, found) : undefined;
}

/** The same with what they are to yield. */
async function fittedBlocksOf({ layer, original, weights, changing }: Work): Promise<FittedBlock[] | undefined> {
  const found = await changing.withTargets(layer, original());
  if (!found?.count || !areFinite([...found.blocks, ...found.targets])) return undefined;
  return blocksWith(layer, weights, found).map((block, b) => ({
    ...block,
    target: columnsInOrder(layer, found.targets[b]!),
  }));
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

async function withoutColumns(work: Work, gone: readonly Uint8Array[]): Promise<number | undefined> {
  const blocks = await fittedBlocksOf(work);
  if (!blocks) return undefined;
  let damping = 0;
  for (const [b, columns] of gone.entries()) {
    if (!isMixed(columns)) continue; // a block that leaves whole has nothing that could make up for it
    damping = Math.max(damping, (await eliminate(blocks[b]!, columns, work.options)) ?? 0);
  }
  return damping;
}

/** A sweep takes what changed before it as given: only what is refined is fitted to what the original yields. */
async function withoutMasked(work: Work, stays: Uint8Array): Promise<number | undefined> {
  if (!work.options.steps) {
    const blocks = await blocksOf(work);
    return blocks && swept(work, blocks, stays);
  }
  const blocks = await fittedBlocksOf(work);
  const damping = blocks && (await swept(work, blocks, stays));
  if (damping !== undefined) await refine(work, blocks!, stays, damping);
  return damping;
}

/** Sweeps over a layer's columns. @returns the damping, or undefined where nothing could be done */
async function swept(
  { layer, weights, options }: Work,
  blocks: readonly Block[],
  stays: Uint8Array,
): Promise<number | undefined> {
  const found = await inverseFactorsOf(layer, blocks.map(({ moments }) => moments), options); // prettier-ignore
  if (!found) return undefined;
  const columns = layer.features * layer.kernel;
  const choose: SweepInput["choose"] = ({ length }, [from, to]) => {
    const own = new Uint8Array(length);
    const width = to - from;
    for (let at = 0, row = 0; at < length; at += width, row += columns)
      own.set(stays.subarray(row + from, row + to), at);
    return own;
  };
  const ranges = rangesOf(layer, { columns: 1, apart: false }, WIDTH);
  await sweep({ layer, weights, factors: found.factors, ranges, choose, gemm: options.gemm });
  return found.damping;
}

/** Brings the weights that stay from where a sweep left them to least squares. Uses moments and targets up. */
async function refine(work: Work, blocks: readonly FittedBlock[], stays: Uint8Array, damping: number): Promise<void> {
  damp(work, blocks, damping);
  const { rows } = work.layer;
  const { steps, gemm } = work.options;
  for (const [b, { moments: hessian, target: wanted, weights }] of blocks.entries()) {
    const own = stays.subarray(b * weights.length, (b + 1) * weights.length);
    await solveMasked({ weights, wanted, stays: own, hessian, rows, steps, gemm });
  }
}

/** Adds damping to both sides of the normal equations: blocks' moments and targets. */
function damp({ layer, original }: Work, blocks: readonly FittedBlock[], damping: number): void {
  const columns = layer.features * layer.kernel;
  const weights = matrixOf(layer, original());
  for (const [b, { moments, target }] of blocks.entries()) {
    const damped = dampedDiagonal(moments, columns, damping);
    const before = replaceDiagonal(moments, damped);
    const added = damped.map((d, c) => d - before[c]!);
    pullTo(weights.subarray(b * target.length, (b + 1) * target.length), target, added);
  }
}
