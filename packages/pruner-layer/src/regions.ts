import { type Analysis, consumersOf, type LinearLayer, type Node, producersOf, sharedByBodies } from "@prune/core";
import { type CachePath, cachePaths } from "./caches.ts";

/** A graph with its edges looked up once. */
export interface Flow {
  readonly analysis: Analysis;
  readonly producers: ReadonlyMap<string, Node>;
  readonly readers: ReadonlyMap<string, readonly Node[]>;
  readonly outputs: ReadonlySet<string>;
  readonly caches: readonly CachePath[];
  /** Weights that branches of an If share: a block of one of them stands for a block of the other. */
  readonly shared: ReadonlySet<string>;
  /** Linear layers by their nodes. */
  readonly layers: ReadonlyMap<Node, readonly LinearLayer[]>;
}

export function flowOf(analysis: Analysis): Flow {
  const { graph, linear } = analysis;
  const layers = new Map<Node, LinearLayer[]>();
  for (const layer of linear) layers.set(layer.node, [...(layers.get(layer.node) ?? []), layer]);
  const [producers, readers] = [producersOf(graph), consumersOf(graph)];
  return {
    analysis,
    producers,
    readers,
    outputs: new Set(graph.outputs.map((v) => v.name)),
    caches: cachePaths(analysis, producers, readers),
    shared: sharedByBodies(analysis),
    layers,
  };
}

/** Whether a value is computed from more than weights. */
export const isActivation = ({ analysis: { operands } }: Flow, name: string): boolean =>
  name !== "" && operands.of(name)?.isWeight !== true && !operands.constants.has(name);

/** Whether two values have the same shape, whatever the sizes of the inputs. */
export function sameShape({ analysis: { shapes } }: Flow, a: string, b: string): boolean {
  return [shapes.canonical, shapes.wide].every((sizes) => {
    const [x, y] = [sizes.get(a), sizes.get(b)];
    return x !== undefined && y !== undefined && x.join() === y.join();
  });
}

/** The nodes that lie between two values: those that compute `to` from `from`. Empty where `to` does not depend on it. */
export function between(flow: Flow, from: string, to: string): Set<Node> {
  const reaches = new Map<Node, boolean>();
  const nodes = new Set<Node>();
  const open: { readonly node: Node; readonly done: boolean }[] = [];
  const push = (name: string): void => {
    const node = name === from ? undefined : flow.producers.get(name);
    if (node && !reaches.has(node) && isActivation(flow, name)) open.push({ node, done: false });
  };
  push(to);
  for (let at = open.pop(); at; at = open.pop()) {
    const { node, done } = at;
    if (done) {
      const found = node.inputs.some((name) => name === from || reaches.get(flow.producers.get(name)!) === true);
      reaches.set(node, found);
      if (found) nodes.add(node);
    } else if (!reaches.has(node)) {
      reaches.set(node, false);
      open.push({ node, done: true });
      node.inputs.forEach(push);
    }
  }
  return nodes;
}

/**
 * Whether nothing outside of some nodes reads what they compute, but for one value that is no output of the graph, and
 * for caches that hold nothing else.
 */
export function isClosed(flow: Flow, nodes: ReadonlySet<Node>, to: string): boolean {
  if (flow.outputs.has(to)) return false;
  const caches = cachesIn(flow, nodes);
  const written = new Set(caches.map(({ output }) => output));
  const inside = new Set([...nodes, ...caches.flatMap(({ tail }) => [...tail])]);
  for (const node of nodes) {
    for (const name of node.outputs) {
      if (!name || name === to) continue;
      if (flow.outputs.has(name) && !written.has(name)) return false;
      if (flow.readers.get(name)?.some((reader) => !inside.has(reader))) return false;
    }
  }
  return true;
}

/** The caches that hold nothing but what some nodes compute. */
export const cachesIn = ({ caches }: Flow, nodes: ReadonlySet<Node>): CachePath[] =>
  caches.filter(({ sources }) => sources.size > 0 && [...sources].every((node) => nodes.has(node)));

/** Whether some nodes read nothing from outside of them but one value and weights. */
export function isFedBy(flow: Flow, nodes: ReadonlySet<Node>, from: string): boolean {
  const inside = (name: string): boolean => name === from || nodes.has(flow.producers.get(name)!);
  return [...nodes].every((node) => node.inputs.every((name) => !isActivation(flow, name) || inside(name)));
}

export const layersIn = ({ layers }: Flow, nodes: Iterable<Node>): LinearLayer[] =>
  [...nodes].flatMap((node) => layers.get(node) ?? []);
