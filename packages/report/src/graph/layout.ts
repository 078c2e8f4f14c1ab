import { Graph, layout as dagre } from "@dagrejs/dagre";

/** A point in CSS pixels. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** Where things are: boxes by their middles, edges by the points they go through. */
export interface Layout {
  readonly width: number;
  readonly height: number;
  readonly boxes: readonly Point[];
  readonly edges: readonly (readonly Point[])[];
}

const MARGIN = 4;

/** Lays out boxes in layers from top to bottom. @param edges pairs of positions of boxes */
export function layout(
  sizes: readonly { readonly width: number; readonly height: number }[],
  edges: readonly (readonly [from: number, to: number])[],
): Layout {
  const graph = new Graph();
  graph.setGraph({ nodesep: 14, ranksep: 20, marginx: MARGIN, marginy: MARGIN });
  for (const [i, size] of sizes.entries()) graph.setNode(String(i), { ...size });
  for (const [from, to] of edges) graph.setEdge(String(from), String(to), {});
  dagre(graph);
  const boxes = sizes.map((_, i) => graph.node(String(i)));
  const lines = edges.map(([from, to]) => graph.edge(String(from), String(to)).points ?? []);
  // The library sees to it that boxes are inside, but lines may go around them.
  const xs = [
    ...boxes.flatMap(({ x }, i) => [x - sizes[i]!.width / 2, x + sizes[i]!.width / 2]),
    ...lines.flatMap((points) => points.map(({ x }) => x)),
  ];
  const left = Math.min(...xs) - MARGIN;
  const moved = ({ x, y }: Point): Point => ({ x: x - left, y });
  return {
    width: Math.max(...xs) - left + MARGIN,
    height: graph.graph().height ?? 0,
    boxes: boxes.map(moved),
    edges: lines.map((points) => points.map(moved)),
  };
}
