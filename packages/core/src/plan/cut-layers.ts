import type { Graph } from "../graph/graph.ts";
import { ownIdentities } from "../passes/unshare.ts";
import type { Analysis } from "../solver/analyze.ts";
import { linearLayers, type LinearLayer } from "../solver/linear-layers.ts";
import { operandsOf, type Operands } from "../solver/operands.ts";
import { quantizedConstants, type Quantized } from "../solver/quantized.ts";
import type { Cut } from "./cut.ts";

/** A graph after a cut, and its layers as they are now. */
export interface CutLayers {
  /** The graph, with shared constants given to each layer. */
  readonly graph: Graph;
  readonly operands: Operands;
  readonly quantized: ReadonlyMap<string, Quantized>;
  /** In graph order; `input` and `output` are axes of values of the cut graph. */
  readonly linear: readonly LinearLayer[];
}

/**
 * The layers of a graph that a cut left: what recovery and compensation work on. Shapes follow from the cut, so that
 * nothing is run.
 */
export function cutLayers(analysis: Analysis, cut: Cut, pruned: Graph): CutLayers {
  const graph = ownIdentities(pruned);
  const { shapes, lookup } = analysis;
  const sizesOf = (sizes: ReadonlyMap<string, readonly number[]>): Map<string, readonly number[]> =>
    new Map(
      [...sizes].map(([value, dims]) => {
        const axes = cut.axesOf(value);
        return [value, axes.size ? dims.map((d, axis) => axes.get(axis)?.length ?? d) : dims];
      }),
    );
  const wide = sizesOf(shapes.wide);
  for (const [name, { dims }] of graph.parameters) wide.set(name, dims);
  const operands = operandsOf(graph, {
    canonical: sizesOf(shapes.canonical),
    wide,
    ints: shapes.ints,
    sizes: shapes.sizes,
  });
  const quantized = quantizedConstants(graph, lookup, operands);
  return { graph, operands, quantized, linear: linearLayers(graph, lookup, operands, quantized) };
}
