import { bytesPerElement, holdsWeights } from "../graph/dtype.ts";
import type { Graph } from "../graph/graph.ts";
import type { Node } from "../graph/node.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { Analysis } from "../solver/analyze.ts";
import type { Dim } from "../solver/dims.ts";
import { constantsOf } from "../solver/constants.ts";

/** Size and work of a network. */
export interface Cost {
  /** Multiply-accumulates at the canonical input sizes, without those of bodies (of If, Loop and Scan) that stay whole; of those that do not, of one turn. */
  readonly macs: number;
  /** Elements of constants of weights that have at least two. */
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
  /** A count that follows changes, for searches: it starts with the original. */
  readonly tally: () => CostTally;
}

/** The cost of a network whose dimensions shrink and grow one by one. */
export interface CostTally {
  /** Says how many indices of a dimension are kept. */
  set(dim: Dim, count: number): void;
  readonly cost: Cost;
}

/** What a layer or a tensor adds to the cost. */
interface Item {
  readonly dims: readonly Dim[];
  readonly cost: (count: CountOf) => Cost;
}

export function costModel(analysis: Analysis): CostModel {
  const { space } = analysis;
  const sizeOf = (dim: Dim): number => space.dims.size(dim);
  const layers = layerItems(analysis);
  const inside = constantsInside(analysis.graph);
  const items = [...layers, ...tensorItems(analysis), { dims: [], cost: () => inside }];
  const at = (count: CountOf): Cost => sum(items.map((item) => item.cost(count)));
  const whole = items.map((item) => item.cost(sizeOf));
  return {
    original: sum(whole),
    at,
    layersAt: (count) => layers.map(({ node, cost }) => ({ node, macs: cost(count).macs })),
    tally: () => tallyOf(items, whole, sizeOf),
  };
}

function sum(costs: readonly Cost[]): Cost {
  let [macs, params, bytes] = [0, 0, 0];
  for (const cost of costs) {
    macs += cost.macs;
    params += cost.params;
    bytes += cost.bytes;
  }
  return { macs, params, bytes };
}

/** Counts anew only what a change concerns. All figures are whole numbers, so that nothing is lost in the long run. */
function tallyOf(items: readonly Item[], whole: readonly Cost[], sizeOf: CountOf): CostTally {
  const counts = new Map<Dim, number>();
  const count: CountOf = (dim) => counts.get(dim) ?? sizeOf(dim);
  const concerned = new Map<Dim, number[]>();
  items.forEach(({ dims }, i) => {
    for (const dim of new Set(dims)) concerned.set(dim, [...(concerned.get(dim) ?? []), i]);
  });
  const parts = [...whole];
  const stale = new Set<number>();
  let total = sum(parts);
  return {
    set(dim, kept) {
      if (count(dim) === kept) return;
      counts.set(dim, kept);
      for (const i of concerned.get(dim) ?? []) stale.add(i);
    },
    get cost() {
      let { macs, params, bytes } = total;
      for (const i of stale) {
        const [before, after] = [parts[i]!, items[i]!.cost(count)];
        parts[i] = after;
        macs += after.macs - before.macs;
        params += after.params - before.params;
        bytes += after.bytes - before.bytes;
      }
      stale.clear();
      return (total = { macs, params, bytes });
    },
  };
}

/** An axis: its size, and the dimensions of which it keeps a part. */
interface Extent {
  readonly size: number;
  readonly dims: readonly Dim[];
}

/** What is left of the axes of a value. */
interface Sizes {
  readonly dims: readonly Dim[];
  readonly at: (count: CountOf) => number[];
}

function sizesOf({ operands, space }: Analysis, name: string, whole: readonly number[]): Sizes {
  const extents = whole.map((size, axis): Extent => ({ size, dims: size && operands.of(name) ? space.dimsOf({ value: name, axis }) : [] })); // prettier-ignore
  const sizeAt = ({ size, dims }: Extent, count: CountOf): number => dims.reduce((n, d) => (n / space.dims.size(d)) * count(d), size); // prettier-ignore
  return { dims: extents.flatMap((e) => e.dims), at: (count) => extents.map((extent) => sizeAt(extent, count)) };
}

function layerItems(analysis: Analysis): (Item & { readonly node: Node })[] {
  const { graph, lookup, shapes } = analysis;
  const valueSizes = (name: string): Sizes | undefined => {
    const whole = shapes.canonical.get(name);
    return whole && sizesOf(analysis, name, whole);
  };
  return graph.nodes.flatMap((node) => {
    const macs = lookup(node)?.macs;
    if (!macs) return [];
    const [ins, outs] = [node.inputs.map(valueSizes), node.outputs.map(valueSizes)];
    const cost = (count: CountOf): Cost => ({
      macs: macs({ node, in: ins.map((sizes) => sizes?.at(count)), out: outs.map((sizes) => sizes?.at(count)) }),
      params: 0,
      bytes: 0,
    });
    return [{ node, dims: [...ins, ...outs].flatMap((sizes) => sizes?.dims ?? []), cost }];
  });
}

function tensorItems(analysis: Analysis): Item[] {
  const constants = constantsOf(analysis.graph);
  return [...constants.values()].map((tensor) => {
    const own = sizesOf(analysis, tensor.name, tensor.dims);
    const source = constants.get(analysis.aliases.get(tensor.name) ?? "");
    const stored = source && sizesOf(analysis, source.name, source.dims);
    const cost = (count: CountOf): Cost => {
      const n = product(own.at(count));
      // An equal tensor is stored once, unless one of the two is cut.
      if (source && n === product(tensor.dims) && product(stored!.at(count)) === product(source.dims)) return NOTHING;
      return costOf(tensor, n);
    };
    return { dims: [...own.dims, ...(stored?.dims ?? [])], cost };
  });
}

/** Constants in bodies that stay inside their nodes. */
function constantsInside({ nodes }: Graph): Cost {
  const bodies = nodes.flatMap((node) => Object.values(node.attributes).filter((a) => a.type === "graph"));
  return sum(
    bodies.flatMap(({ value: body }) => [
      ...[...constantsOf(body).values()].map((tensor) => costOf(tensor, product(tensor.dims))),
      constantsInside(body),
    ]),
  );
}

/** What so many elements of a constant cost. */
const costOf = ({ dtype }: Tensor, count: number): Cost => ({
  macs: 0,
  params: holdsWeights(dtype) && count >= 2 ? count : 0,
  bytes: count * bytesPerElement(dtype),
});

const NOTHING: Cost = { macs: 0, params: 0, bytes: 0 };

const product = (sizes: readonly number[]): number => sizes.reduce((a, b) => a * b, 1);
