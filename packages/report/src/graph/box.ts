import type { GroupReport, NodeReport } from "@prune/core";
import type { MeasuredLayer } from "../types.ts";

/** A box of the picture: an operation, and those without weights that do no more than go on from it. */
export interface Box {
  readonly name: string;
  readonly opType: string;
  /** What goes on from here, such as activations. */
  readonly follows: readonly string[];
  /** Positions of the boxes it reads from. */
  readonly from: readonly number[];
  readonly layer?: MeasuredLayer;
  /** Position of its group among those that can be cut; undefined: its outputs stay whole. */
  readonly group?: number;
  readonly removed: boolean;
}

/** A box for every operation, but for what is beside the layers. */
export function boxesOf(
  nodes: readonly NodeReport[],
  layers: readonly MeasuredLayer[],
  groups: readonly GroupReport[],
): Box[] {
  const position = new Map(groups.map(({ id }, i) => [id, i]));
  const { from, out } = withoutAsides(nodes);
  const boxes = nodes.map(({ name, opType, layer: at, removed = false }, i): Box => {
    const layer = at === undefined ? undefined : layers[at];
    const group = layer?.groups.map((id) => position.get(id)).find((p) => p !== undefined);
    const own = { ...(layer ? { layer } : {}), ...(group === undefined ? {} : { group }) };
    return { name, opType, follows: [], from: from[i]!, ...own, removed };
  });
  return renumbered(boxes, (i) => (out[i] ? undefined : i));
}

/**
 * Cuts off what joins the way through the layers from beside, such as the mask of an attention: it would be drawn across
 * everything. On the way is what leads to the first layer, every layer, and what comes behind one.
 */
function withoutAsides(nodes: readonly NodeReport[]): { from: (readonly number[])[]; out: readonly boolean[] } {
  const first = nodes.findIndex(({ layer }) => layer !== undefined);
  const main = nodes.map(() => false);
  const open = first < 0 ? [] : [first];
  for (let i = open.pop(); i !== undefined; i = open.pop()) {
    if (main[i]) continue;
    main[i] = true;
    open.push(...nodes[i]!.from);
  }
  const from = nodes.map((node, i) => {
    const own = node.from.filter((n) => main[n]);
    main[i] ||= node.layer !== undefined || own.length > 0;
    return own.length ? own : node.from;
  });
  const readers = readersOf(from);
  const out = nodes.map(() => false);
  for (let i = nodes.length - 1; i >= 0; i--) {
    out[i] = nodes[i]!.opType !== "Output" && [...readers[i]!].every((reader) => out[reader]);
  }
  return { from, out };
}

/** The boxes that read each. */
export function readersOf(from: readonly (readonly number[])[]): Set<number>[] {
  const readers = from.map(() => new Set<number>());
  for (const [i, list] of from.entries()) for (const n of list) readers[n]?.add(i);
  return readers;
}

/** The boxes that stay, with what they read renumbered. @param into the box that one is part of from now on; itself where it stays, undefined where it is dropped */
export function renumbered(boxes: readonly Box[], into: (position: number) => number | undefined): Box[] {
  const kept = [...boxes.keys()].filter((i) => into(i) === i);
  const place = new Map(kept.map((i, at) => [i, at]));
  const placeOf = (i: number): number[] => {
    const target = into(i);
    return target === undefined ? [] : [place.get(target)!];
  };
  return kept.map((i) => ({ ...boxes[i]!, from: [...new Set(boxes[i]!.from.flatMap(placeOf))] }));
}
