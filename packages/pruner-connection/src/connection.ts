import {
  errorBadOption,
  errorNothingToPrune,
  gather,
  isFloat,
  Masks,
  matrixOf,
  rangesOf,
  scatter,
  sizeOf,
  type Analysis,
  type LinearLayer,
  type MaskRule,
  type PruneContext,
  type Pruner,
} from "@prune/core";
import { lampScores, shareOut, splits, type ConnectionAllocation, type Share } from "./allocation.ts";
import { parsePattern, sparsityOf, type Pattern } from "./pattern.ts";
import { ruleFor, type Over } from "./rules.ts";
import { weightsToRemove } from "./weights-to-remove.ts";

export interface ConnectionOptions {
  /**
   * "unstructured" (default); "N:M", such as "2:4": N of every M neighbours along the input axis stay; "RxC", such as
   * "4x1": tiles of R output by C input features stay or leave whole.
   */
  readonly pattern?: string;
  /** Whose weights compete within a layer: all of them ("layer", the default), or those of each output feature ("row"). */
  readonly over?: Over;
  /** How the target is shared out among layers. Default "uniform". */
  readonly allocation?: ConnectionAllocation;
  /** The most that a layer loses, a fraction. Default: all but one weight. */
  readonly maxSparsity?: number;
}

const ALLOCATIONS = Object.keys(splits);

/**
 * Sets single weights of convolutions, dense and recurrent layers to zero: those of lowest importance, or those that the
 * scorer's own masks name. Shapes stay, and so does the work that a dense runtime does. Targets are `sparsity`, the
 * fraction of all these weights that is zero in the end, and `params`, non-zero parameters / parameters of the original;
 * N:M takes the sparsity that it has by itself.
 * @throws {PruneError} `bad-option` for options that do not go together
 */
export function connection(options: ConnectionOptions = {}): Pruner {
  const { over = "layer", allocation = "uniform", maxSparsity } = options;
  const pattern = parsePattern(options.pattern ?? "unstructured");
  if (!["row", "layer"].includes(over)) throw errorBadOption("over", "row or layer", over);
  if (!ALLOCATIONS.includes(allocation)) throw errorBadOption("allocation", ALLOCATIONS.join(", "), allocation);
  if (maxSparsity !== undefined && !(maxSparsity > 0 && maxSparsity < 1))
    throw errorBadOption("maxSparsity", "a fraction between 0 and 1", maxSparsity);
  if (pattern.kind === "n-of-m") {
    const free = (["over", "allocation", "maxSparsity"] as const).find((name) => options[name] !== undefined);
    if (free) throw errorBadOption(free, `left out: pattern ${options.pattern} says what every layer loses`, options[free]); // prettier-ignore
  }
  const chosen = { pattern, over, allocation, maxSparsity };
  return { name: "connection", decide: async (context) => ({ masks: await masksFor(context, chosen) }) };
}

interface Chosen {
  readonly pattern: Pattern;
  readonly over: Over;
  readonly allocation: ConnectionAllocation;
  readonly maxSparsity: number | undefined;
}

async function masksFor(context: PruneContext, chosen: Chosen): Promise<Masks> {
  const layers = prunable(context.analysis);
  if (!layers.length) throw errorNothingToPrune("no layer with weights may be pruned");
  const removed = chosen.pattern.kind === "n-of-m" ? byPattern(context, chosen.pattern, layers) : await byTarget(context, chosen, layers); // prettier-ignore
  const masks = new Masks();
  for (const [i, layer] of layers.entries()) {
    if (removed[i] === 0) continue;
    const rule = ruleFor(layer, chosen.pattern, removed[i]!, chosen.over);
    masks.add(layer.tensor.name, await maskOf(context, layer, rule));
  }
  return masks;
}

/** The layers whose weights may go, each tensor once. */
function prunable({ linear, ignored }: Analysis): LinearLayer[] {
  const seen = new Set<string>();
  return linear.filter((layer) => {
    const { name, dtype } = layer.tensor;
    const first = !seen.has(name);
    seen.add(name);
    return !ignored(layer) && first && isFloat(dtype);
  });
}

/** What an N:M pattern takes from each layer; nothing where too few inputs are neighbours for it to take any. */
function byPattern(
  { target, scoring }: PruneContext,
  pattern: Pattern & { readonly kind: "n-of-m" },
  layers: readonly LinearLayer[],
): number[] {
  const { n, m } = pattern;
  const own = sparsityOf(pattern)!;
  const asked = "sparsity" in target ? target.sparsity : undefined;
  if (asked === undefined || Math.abs(asked - own) > 1e-6)
    throw errorBadOption("target", `sparsity ${own}, which pattern ${n}:${m} has by itself`, JSON.stringify(target));
  return layers.map(({ tensor, blocks, rows, features, kernel }) => {
    const lost = Math.floor(features / m) * (m - n) + Math.max(0, (features % m) - n);
    if (!lost) scoring.remark?.(`Pattern ${n}:${m} left "${tensor.name}" whole: a row has ${features} neighbours.`);
    return lost * blocks * rows * kernel;
  });
}

async function byTarget(
  context: PruneContext,
  { allocation, maxSparsity }: Chosen,
  layers: readonly LinearLayer[],
): Promise<number[]> {
  const shares: Share[] = [];
  for (const layer of layers) {
    const size = layer.blocks * layer.rows * layer.features * layer.kernel;
    const most = Math.floor(maxSparsity === undefined ? size - 1 : size * maxSparsity);
    const scores = await scoresFor(context, layer, allocation);
    shares.push({ layer, size, most, ...(scores ? { scores } : {}) });
  }
  return shareOut(splits[allocation], shares, weightsToRemove(context, shares));
}

async function scoresFor(
  context: PruneContext,
  layer: LinearLayer,
  allocation: ConnectionAllocation,
): Promise<Float64Array | undefined> {
  if (allocation === "lamp") return lampScores(layer);
  return allocation === "global" ? matrixOf(layer, await context.scoreWeights(layer)) : undefined;
}

/** A layer's mask, in the layout of its tensor: the scorer's own, or by its importances. */
async function maskOf(context: PruneContext, layer: LinearLayer, rule: MaskRule): Promise<Uint8Array> {
  const { scorer, scoring } = context;
  if (scorer.maskWeights) return scorer.maskWeights(layer, rule, scoring);
  const columns = layer.features * layer.kernel;
  const size = layer.blocks * layer.rows * columns;
  const scores = gather(layer, await context.scoreWeights(layer), new Float32Array(size));
  const whole = new Uint8Array(sizeOf(layer.tensor.dims)).fill(1);
  const ranges = rangesOf(layer, rule, columns);
  if (ranges.length === 1) return scatter(layer, rule.choose({ scores, columns: [0, columns] }), whole);
  const mask = new Uint8Array(size);
  for (const [from, to] of ranges) {
    const width = to - from;
    const part = new Float64Array((scores.length / columns) * width);
    for (let row = 0; row * columns < scores.length; row++)
      part.set(scores.subarray(row * columns + from, row * columns + to), row * width);
    const stays = rule.choose({ scores: part, columns: [from, to] });
    for (let row = 0; row * columns < scores.length; row++)
      mask.set(stays.subarray(row * width, (row + 1) * width), row * columns + from);
  }
  return scatter(layer, mask, whole);
}
