import { bytesPerElement, isFloat } from "../graph/dtype.ts";
import type { Node } from "../graph/node.ts";
import type { Analysis } from "../solver/analyze.ts";
import type { Dim, Dims } from "../solver/dims.ts";
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
  const { space } = analysis;
  const sizeOf = (dim: Dim): number => space.dims.size(dim);
  const layers = layerCosts(analysis);
  const tensors = tensorSizes(analysis);
  const layersAt = (count: CountOf): LayerCost[] => layers.map(({ node, macs }) => ({ node, macs: macs(count) }));
  const at = (count: CountOf): Cost => {
    let [macs, params, bytes] = [0, 0, 0];
    for (const layer of layers) macs += layer.macs(count);
    for (const { full, elements, source, counted, width } of tensors) {
      const n = elements(count);
      // An equal tensor is stored once, unless one of the two is cut.
      if (source && n === full && source.elements(count) === source.full) continue;
      if (counted && n >= 2) params += n;
      bytes += n * width;
    }
    return { macs, params, bytes };
  };
  return { original: at(sizeOf), at, layersAt };
}

/** A number that follows from how much of some dimensions is kept. */
type Quantity = (count: CountOf) => number;

function layerCosts({ graph, lookup, shapes, operands, space }: Analysis): { node: Node; macs: Quantity }[] {
  const extentsOf = (name: string): Extent[] | undefined =>
    shapes.canonical.get(name)?.map((size, axis) => ({ size, dims: operands.of(name) ? space.dimsOf({ value: name, axis }) : [] })); // prettier-ignore
  return graph.nodes.flatMap((node) => {
    const macs = lookup(node)?.macs;
    if (!macs) return [];
    const [ins, outs] = [node.inputs.map(extentsOf), node.outputs.map(extentsOf)];
    const dims = [...ins, ...outs].flatMap((extents) => extents?.flatMap((e) => e.dims) ?? []);
    return [
      {
        node,
        macs: remembered(dims, (count) => {
          const sizes = (extents: Extent[] | undefined): number[] | undefined => extents?.map((e) => sizeAt(e, space.dims, count)); // prettier-ignore
          return macs({ node, in: ins.map(sizes), out: outs.map(sizes) });
        }),
      },
    ];
  });
}

/** A constant tensor, and what is left of it. */
interface TensorSize {
  readonly elements: Quantity;
  /** Elements before a cut. */
  readonly full: number;
  /** The tensor that the original stores for this one as well. */
  readonly source: TensorSize | undefined;
  /** Whether its elements count as parameters. */
  readonly counted: boolean;
  /** Bytes of an element. */
  readonly width: number;
}

function tensorSizes({ graph, aliases, space, operands }: Analysis): TensorSize[] {
  const constants = constantsOf(graph);
  const known = new Map<string, TensorSize>();
  const sizeOf = (name: string): TensorSize | undefined => {
    const tensor = constants.get(name);
    if (!tensor || known.has(name)) return known.get(name);
    const extents = tensor.dims.map((size, axis): Extent => ({ size, dims: operands.of(name) ? space.dimsOf({ value: name, axis }) : [] })); // prettier-ignore
    const size: TensorSize = {
      elements: remembered(
        extents.flatMap((e) => e.dims),
        (count) => extents.reduce((n, e) => n * sizeAt(e, space.dims, count), 1),
      ),
      full: tensor.dims.reduce((a, b) => a * b, 1),
      source: aliases.has(name) ? sizeOf(aliases.get(name)!) : undefined,
      counted: isFloat(tensor.dtype),
      width: bytesPerElement(tensor.dtype),
    };
    known.set(name, size);
    return size;
  };
  return [...constants.keys()].map((name) => sizeOf(name)!);
}

/** Size of an axis, given what is kept of its dimensions. */
function sizeAt({ size, dims }: Extent, table: Dims, count: CountOf): number {
  let left = size;
  for (const dim of dims) left = (left / table.size(dim)) * count(dim);
  return left;
}

/** The quantity, computed again only when something has changed that it follows from: searches ask for it many times. */
function remembered(dims: readonly Dim[], compute: Quantity): Quantity {
  const distinct = [...new Set(dims)];
  const counts = distinct.map(() => NaN);
  let value: number | undefined;
  return (count) => {
    let changed = value === undefined;
    for (let i = 0; i < distinct.length; i++) {
      const now = count(distinct[i]!);
      if (now === counts[i]) continue;
      counts[i] = now;
      changed = true;
    }
    if (changed) value = compute(count);
    return value!;
  };
}
