import type { Kept } from "../ops/define-op.ts";
import type { Analysis } from "../solver/analyze.ts";
import type { ChannelGroup } from "../solver/channel-group.ts";
import type { Dim } from "../solver/dims.ts";
import type { AxisRef } from "../solver/link.ts";
import type { Node } from "../graph/node.ts";
import type { KeptAxes } from "./slice.ts";

/** Which units leave: group → 1 for each unit that is removed. */
export type RemovedUnits = ReadonlyMap<ChannelGroup, Uint8Array>;

/** A decided cut, as every axis of the graph sees it. */
export interface Cut {
  readonly removed: RemovedUnits;
  /** What is left of an axis. */
  readonly kept: (axis: AxisRef) => Kept;
  /** What is left of a factor that a node's links named. */
  readonly keptFactor: (node: Node, name: string) => Kept;
  /** Number of kept indices of a prime dimension. */
  readonly countOf: (dim: Dim) => number;
  /** The cut axes of a value; empty when it stays whole. */
  readonly axesOf: (value: string) => KeptAxes;
  /** The input that holds ids of tokens, and the old ids of those that are left, where some went. */
  readonly tokens: { readonly input: string; readonly kept: ArrayLike<number> } | undefined;
}

/** Follows removed units to every dimension of the graph. */
export function cutOf(analysis: Analysis, removed: RemovedUnits): Cut {
  const { space, units, operands } = analysis;
  const byId = new Map<number, Uint8Array>();
  const touched = new Map<Dim, number[]>();
  for (const [group, gone] of removed) {
    if (!gone.includes(1)) continue;
    const id = analysis.indexOf(group);
    byId.set(id, gone);
    for (const dim of units.groups[id]!.dims) touched.set(dim, [...(touched.get(dim) ?? []), id]);
  }
  const kept = new Map<Dim, Int32Array>();
  for (const dim of touched.keys()) {
    const indices: number[] = [];
    for (let i = 0; i < space.dims.size(dim); i++) {
      const gone = byId.get(units.groupOf(dim, i));
      if (!gone?.[units.unitOf(dim, i)]) indices.push(i);
    }
    kept.set(dim, Int32Array.from(indices));
  }
  const cache = new Map<string, Kept>();
  const keptOf = (list: readonly Dim[], size: number): Kept => {
    if (!list.some((d) => kept.has(d))) return wholeOf(size);
    const key = list.join();
    let known = cache.get(key);
    if (!known) cache.set(key, (known = productOf(list, size, kept, (d) => space.dims.size(d))));
    return known;
  };
  const keptAxis = (axis: AxisRef): Kept => keptOf(space.dimsOf(axis), operands.of(axis.value)!.dims[axis.axis]!);
  const { vocabulary } = space;
  const rows = typeof vocabulary === "object" ? keptAxis(vocabulary.tables[0]!) : undefined;
  return {
    removed,
    tokens:
      typeof vocabulary === "object" && !rows!.whole ? { input: vocabulary.input, kept: rows!.indices } : undefined,
    kept: keptAxis,
    keptFactor: (node, name) => {
      const list = space.factorDims(node, name);
      return keptOf(
        list,
        list.reduce((n, d) => n * space.dims.size(d), 1),
      );
    },
    countOf: (dim) => kept.get(dim)?.length ?? space.dims.size(dim),
    axesOf: (value) => {
      const operand = operands.of(value);
      const axes = new Map<number, ArrayLike<number>>();
      for (let i = 0; i < (operand?.rank ?? 0); i++) {
        const left = keptAxis(operand!.axis(i));
        if (!left.whole) axes.set(i, left.indices);
      }
      return axes;
    },
  };
}

const wholes = new Map<number, Kept>();

function wholeOf(size: number): Kept {
  let known = wholes.get(size);
  if (!known) {
    let all: Int32Array | undefined;
    known = {
      size,
      count: size,
      whole: true,
      get indices() {
        return (all ??= Int32Array.from({ length: size }, (_, i) => i));
      },
    };
    wholes.set(size, known);
  }
  return known;
}

/** The kept indices of a row-major product. */
function productOf(
  list: readonly Dim[],
  size: number,
  kept: ReadonlyMap<Dim, Int32Array>,
  sizeOf: (dim: Dim) => number,
): Kept {
  let indices = [0];
  for (const dim of list) {
    const own = kept.get(dim) ?? Int32Array.from({ length: sizeOf(dim) }, (_, i) => i);
    indices = indices.flatMap((outer) => Array.from(own, (i) => outer * sizeOf(dim) + i));
  }
  return { size, count: indices.length, indices: Int32Array.from(indices), whole: indices.length === size };
}
