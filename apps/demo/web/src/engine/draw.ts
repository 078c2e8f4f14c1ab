import dagre from "@dagrejs/dagre";
import type { Analysis, Node } from "@prune/core";
import type { Box, Drawing, Line } from "./api.ts";

const SIZES = {
  layer: { width: 196, height: 44 },
  join: { width: 72, height: 24 },
  input: { width: 132, height: 28 },
  output: { width: 132, height: 28 },
} as const;

type Draft = Omit<Box, "x" | "y" | "width" | "height">;

/**
 * The network with its layers alone: what has no weights is left out, but for the places where paths join. Laid out from
 * top to bottom.
 */
export function draw(analysis: Analysis): Drawing {
  const { boxes, edges } = condense(analysis);
  const layout = new dagre.graphlib.Graph();
  layout.setGraph({ rankdir: "TB", nodesep: 18, ranksep: 26, marginx: 12, marginy: 12 });
  layout.setDefaultEdgeLabel(() => ({}));
  for (const { id, kind } of boxes) layout.setNode(id, { ...SIZES[kind] });
  for (const [from, to] of edges) layout.setEdge(from, to);
  dagre.layout(layout);
  const { width = 0, height = 0 } = layout.graph() as { width?: number; height?: number };
  const placed = boxes.map((box): Box => {
    const { x, y } = layout.node(box.id) as Point;
    return { ...box, ...SIZES[box.kind], x, y };
  });
  const lines = edges.map(([from, to]): Line => {
    const { points = [] } = layout.edge(from, to) as { points?: Point[] };
    return { from, to, points };
  });
  return { boxes: placed, lines, width, height };
}

type Point = Line["points"][number];

function condense({ graph, layers }: Analysis): { boxes: Draft[]; edges: [string, string][] } {
  const layerOf = new Map(layers.map((layer, i) => [layer.node.outputs[0], i]));
  const boxes: Draft[] = [];
  const edges: [string, string][] = [];
  /** Value → the boxes whose data it carries on. */
  const sources = new Map<string, readonly string[]>();
  const plain = { layer: -1, groups: [] };
  const add = (box: Draft, from: readonly string[]): void => {
    boxes.push(box);
    for (const source of new Set(from)) edges.push([source, box.id]);
  };
  for (const { name } of graph.inputs) {
    if (graph.parameters.has(name)) continue;
    add({ ...plain, id: `in:${name}`, kind: "input", label: name, opType: "Input" }, []);
    sources.set(name, [`in:${name}`]);
  }
  for (const node of graph.nodes) {
    const from = [...new Set(node.inputs.flatMap((name) => sources.get(name) ?? []))];
    const id = node.outputs.find(Boolean) ?? node.name;
    const layer = layerOf.get(node.outputs[0]);
    const joins = layer === undefined && from.length > 1;
    if (layer !== undefined) {
      const groups = layers[layer]!.groups.filter((g) => g.role === "output").map((g) => g.group.id);
      add({ id, kind: "layer", label: labelOf(node), opType: node.opType, layer, groups }, from);
    } else if (joins) add({ ...plain, id, kind: "join", label: node.opType, opType: node.opType }, from);
    for (const name of node.outputs) sources.set(name, layer !== undefined || joins ? [id] : from);
  }
  for (const { name } of graph.outputs)
    add({ ...plain, id: `out:${name}`, kind: "output", label: name, opType: "Output" }, sources.get(name) ?? []);
  return { boxes, edges };
}

/** The end of a node's name, which is long in exported models. */
function labelOf({ name, outputs, opType }: Node): string {
  const parts = (name || outputs[0] || opType).split("/").filter((part) => part && part !== opType);
  const label = parts.join("/") || opType;
  return label.length > 23 ? `…${label.slice(-22)}` : label;
}
