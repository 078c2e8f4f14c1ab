import { bytesPerElement, isFloat } from "../graph/dtype.ts";
import type { Node } from "../graph/node.ts";
import type { Analysis } from "../solver/analyze.ts";
import type { Dim } from "../solver/dims.ts";
import { constantsOf } from "../solver/constants.ts";

/** Size and work of a network. */
export interface Cost {
  /** Multiply-accumulates at the canonical input sizes. */
  readonly macs: number;
  /** Elements of float constants that have at least two. */
  readonly params: number;
  /** Bytes of all constants. */
  readonly bytes: number;
}

/** Work of one layer. */
export interface LayerCost {
  readonly node: Node;
  readonly macs: number;
}

/** Counts how many indices of a dimension are kept. */
export type CountOf = (dim: Dim) => number;

/** Counts what a cut leaves, without making it. */
export interface CostModel {
  readonly original: Cost;
  readonly at: (count: CountOf) => Cost;
  readonly layersAt: (count: CountOf) => LayerCost[];
}

/** An axis: its size, and the dimensions of which it keeps a part. */
interface Extent {
  readonly size: number;
  readonly dims: readonly Dim[];
}

export function costModel(analysis: Analysis): CostModel {
  const { graph, shapes, space, operands, lookup, aliases } = analysis;
  const extentsOf = (name: string, sizes: readonly number[] | undefined): Extent[] | undefined =>
    sizes?.map((size, axis) => ({ size, dims: operands.of(name) ? space.dimsOf({ value: name, axis }) : [] }));
  const weighted = graph.nodes.flatMap((node) => {
    const macs = lookup(node)?.macs;
    const at = (name: string): Extent[] | undefined => extentsOf(name, shapes.canonical.get(name));
    return macs ? [{ node, macs, in: node.inputs.map(at), out: node.outputs.map(at) }] : [];
  });
  const tensors = [...constantsOf(graph).values()].map((tensor) => ({
    tensor,
    extents: extentsOf(tensor.name, tensor.dims)!,
  }));

  const sizes = (count: CountOf) => {
    const sizeAt = ({ size, dims }: Extent): number => dims.reduce((n, d) => (n / space.dims.size(d)) * count(d), size);
    return (extents: readonly Extent[] | undefined): number[] | undefined => extents?.map(sizeAt);
  };
  const layersAt = (count: CountOf): LayerCost[] => {
    const at = sizes(count);
    return weighted.map((layer) => ({
      node: layer.node,
      macs: layer.macs({ node: layer.node, in: layer.in.map(at), out: layer.out.map(at) }),
    }));
  };
  const at = (count: CountOf): Cost => {
    const sized = sizes(count);
    let [params, bytes] = [0, 0];
    const counts = new Map(
      tensors.map(({ tensor, extents }) => [tensor.name, sized(extents)!.reduce((a, b) => a * b, 1)]),
    );
    const full = new Map(tensors.map(({ tensor }) => [tensor.name, tensor.dims.reduce((a, b) => a * b, 1)]));
    for (const { tensor } of tensors) {
      const n = counts.get(tensor.name)!;
      const source = aliases.get(tensor.name);
      // An equal tensor is stored once, unless one of the two is cut.
      if (source !== undefined && n === full.get(tensor.name) && counts.get(source) === full.get(source)) continue;
      if (isFloat(tensor.dtype) && n >= 2) params += n;
      bytes += n * bytesPerElement(tensor.dtype);
    }
    return { macs: layersAt(count).reduce((sum, l) => sum + l.macs, 0), params, bytes };
  };
  return { original: at((dim) => space.dims.size(dim)), at, layersAt };
}
