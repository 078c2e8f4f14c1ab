import { type Analysis, type DataSource, GraphBuilder, partsOf, type Runtime, runOver } from "@prune/core";
import type { Block } from "./blocks.ts";

/**
 * Block Influence: how far a block turns what passes through it, `BI = 1 − E[ x·y / (‖x‖ ‖y‖) ]`, with x and y the feature
 * vectors of one position before and after the block, over all positions of all samples. A position at which either is
 * zero has no angle, and is left out. Source: Men et al. 2024, "ShortGPT", arXiv:2403.03853, eq. 1.
 * @param analysis of the network as it is, blocks that left already taken out
 * @returns one number per block, in [0, 2]
 */
export async function blockInfluence(
  analysis: Analysis,
  blocks: readonly Block[],
  runtime: Runtime,
  data: DataSource,
  source: (value: string) => string,
): Promise<Float64Array> {
  const [sums, counts] = [new Float64Array(blocks.length), new Float64Array(blocks.length)];
  for (const part of await partsOf(runtime, analysis, data)) {
    const { graph } = part.analysis;
    const made = new Set(graph.nodes.flatMap((node) => node.outputs));
    const builder = new GraphBuilder(graph);
    const names = blocks.flatMap((block, i) =>
      made.has(block.to) ? [{ i, ...cosines(builder, analysis, source(block.from), block) }] : [],
    );
    if (!names.length) continue;
    await runOver(runtime, builder.build(), part.data, (values) => {
      for (const { i, sum, count } of names) {
        sums[i]! += Number(values[sum]!.data[0]);
        counts[i]! += Number(values[count]!.data[0]);
      }
    });
  }
  return sums.map((sum, i) => (counts[i] ? 1 - sum / counts[i] : 0));
}

/** Emits the sum of all cosines of a batch, and how many there are. */
function cosines(
  builder: GraphBuilder,
  analysis: Analysis,
  from: string,
  { to, layers }: Block,
): { sum: string; count: string } {
  const axis = featureAxis(analysis, to, layers);
  const float = (name: string): string => builder.op("Cast", [name], { to: FLOAT });
  const [x, y] = [float(from), float(to)];
  const dot = (a: string, b: string): string => builder.sum(builder.op("Mul", [a, b]), [axis]);
  const norms = builder.op("Sqrt", [builder.op("Mul", [dot(x, x), dot(y, y)])]);
  const some = float(builder.op("Cast", [norms], { to: BOOL }));
  // Where there is no angle, 0 / 1 instead of 0 / 0.
  const none = builder.op("Sub", [builder.float32([1], []), some]);
  const cosine = builder.op("Div", [dot(x, y), builder.op("Add", [norms, none])]);
  const all = analysis.operands.of(to)!.dims.slice(1).map((_, i) => i); // prettier-ignore
  return { sum: builder.output(builder.sum(cosine, all)), count: builder.output(builder.sum(some, all)) };
}

/** The axis of a block's output that holds the features of its last layer; the second where links do not tell. */
function featureAxis({ space, operands }: Analysis, to: string, layers: Block["layers"]): number {
  const features = new Set(layers.flatMap(({ output }) => space.dimsOf(output)));
  const { dims, axis } = operands.of(to)!;
  const found = dims.findIndex((_, i) => space.dimsOf(axis(i)).some((dim) => features.has(dim)));
  return found < 0 ? 1 : found;
}

/** Numbers of element types, as Cast takes them. */
const FLOAT = 1;
const BOOL = 9;
