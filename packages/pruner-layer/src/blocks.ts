import type { Analysis, LinearLayer, Node } from "@prune/core";
import type { CachePath } from "./caches.ts";
import {
  between,
  cachesIn,
  type Flow,
  flowOf,
  isActivation,
  isClosed,
  isFedBy,
  layersIn,
  sameShape,
} from "./regions.ts";

/**
 * Something that can leave a network whole: readers of `to` read `from` instead.
 *
 * - `residual`: the branch of a sum `x + f(x)`, with what follows before the next block where that is of the kind that
 *   `x` comes from (the activation of a ResNet's block, the normalisation after a post-norm transformer's);
 * - `module`: parallel branches that part from one value and come together in another of the same shape, as in the modules
 *   of an Inception or SqueezeNet;
 * - `plain`: a layer with its normalisation and activation, of one shape of input and output;
 * - `block`: residual branches in a row that the network repeats, such as attention and feed-forward.
 */
export interface Block {
  /** Repeatable: the name of the first of its layers. */
  readonly name: string;
  readonly kind: "residual" | "module" | "plain" | "block";
  readonly from: string;
  readonly to: string;
  readonly nodes: ReadonlySet<Node>;
  /** The linear layers in it, in graph order. */
  readonly layers: readonly LinearLayer[];
  /** What only it keeps from run to run. */
  readonly caches: readonly CachePath[];
}

/** What counts as one block: whole blocks where a network repeats them, or every branch by itself. */
export type BlockSize = "whole" | "branch";

/** Finds what can leave a network whole, in the order in which it is computed. Blocks do not overlap. */
export function findBlocks(analysis: Analysis, size: BlockSize = "whole"): Block[] {
  const flow = flowOf(analysis);
  const branches = innermost(residuals(flow)).map((block, i, all) => extended(flow, block, all[i + 1]));
  const apart = (blocks: readonly Block[], from: readonly Block[]): Block[] => {
    const taken = new Set(from.flatMap((b) => [...b.nodes]));
    return blocks.filter((b) => [...b.nodes].every((node) => !taken.has(node)));
  };
  const modules = apart(innermost(parallel(flow)), branches);
  const plain = apart(plainLayers(flow), [...branches, ...modules]);
  const position = new Map(analysis.graph.nodes.map((node, i) => [node, i]));
  const start = ({ layers }: Block): number => position.get(layers[0]!.node)!;
  return [...(size === "whole" ? repeated(branches) : branches), ...modules, ...plain].sort(
    (a, b) => start(a) - start(b),
  );
}

function residuals(flow: Flow): Block[] {
  const { graph, lookup } = flow.analysis;
  return graph.nodes.flatMap((node) => {
    const [a, b] = node.inputs;
    const isSum = lookup(node)?.adds === true && node.inputs.length === 2 && a !== b;
    if (!isSum || !isActivation(flow, a!) || !isActivation(flow, b!)) return [];
    const to = node.outputs[0]!;
    return blockOf(flow, "residual", a!, to, b) ?? blockOf(flow, "residual", b!, to, a) ?? [];
  });
}

/** Where branches come together, from the last value of that shape before it that they all depend on. */
function parallel(flow: Flow): Block[] {
  const position = new Map(flow.analysis.graph.nodes.map((node, i) => [node, i]));
  return flow.analysis.graph.nodes.flatMap((node) => {
    const [to, ...others] = node.outputs;
    const branches = new Set(node.inputs.filter((name) => isActivation(flow, name)));
    if (branches.size < 2 || others.length) return [];
    for (const from of commonTo(flow, position, branches)) {
      if (branches.has(from)) return [];
      if (sameShape(flow, from, to!)) return blockOf(flow, "module", from, to!) ?? [];
    }
    return [];
  });
}

/** Values that everything that some values are computed from goes through, from the last on. */
function* commonTo(flow: Flow, position: ReadonlyMap<Node, number>, values: ReadonlySet<string>): Generator<string> {
  const open = new Set(values);
  for (;;) {
    let latest: Node | undefined;
    for (const name of open) {
      const node = flow.producers.get(name);
      if (!node) return; // an input of the graph: nothing lies before it
      if (!latest || position.get(node)! > position.get(latest)!) latest = node;
    }
    if (!latest) return;
    for (const name of latest.outputs) open.delete(name);
    for (const name of latest.inputs) if (isActivation(flow, name)) open.add(name);
    // What stands alone at some point is passed by all.
    if (open.size === 1) yield [...open][0]!;
  }
}

/** The block between two values, if it can leave. `end`: the last value that only the block computes; default `to`. */
function blockOf(flow: Flow, kind: Block["kind"], from: string, to: string, end = to): Block | undefined {
  if (!sameShape(flow, from, to)) return undefined;
  const nodes = between(flow, from, end);
  const layers = layersIn(flow, nodes).sort(
    (a, b) => flow.analysis.linear.indexOf(a) - flow.analysis.linear.indexOf(b),
  );
  // A branch with more than half of all layers is the network, not a block of it.
  if (!layers.length || layers.length * 2 > flow.analysis.linear.length) return undefined;
  if (layers.some(flow.analysis.ignored) || layers.some(({ tensor }) => flow.shared.has(tensor.name))) return undefined;
  if (end !== to) nodes.add(flow.producers.get(to)!);
  if (!isClosed(flow, nodes, to)) return undefined;
  const { name, outputs } = layers[0]!.node;
  return { name: name || outputs[0]!, kind, from, to, nodes, layers, caches: cachesIn(flow, nodes) };
}

/** Those that hold no other. */
const innermost = (blocks: readonly Block[]): Block[] =>
  blocks.filter((outer) => !blocks.some((b) => b !== outer && [...b.nodes].every((node) => outer.nodes.has(node))));

/** A branch with what stands between it and the next, or between it and what reads it, where that begins as this one does. */
function extended(flow: Flow, block: Block, next: Block | undefined): Block {
  const { from, to } = block;
  for (const end of [next?.from, onlyResult(flow, to)]) {
    if (end === undefined || end === to || kindOf(flow, end) !== kindOf(flow, from) || !sameShape(flow, to, end))
      continue;
    const tail = between(flow, to, end);
    if (!tail.size || layersIn(flow, tail).length || !isFedBy(flow, tail, to)) continue;
    const nodes = new Set([...block.nodes, ...tail]);
    if (isClosed(flow, nodes, end)) return { ...block, to: end, nodes };
  }
  return block;
}

/** What the one reader of a value makes of it. */
function onlyResult(flow: Flow, value: string): string | undefined {
  const readers = flow.readers.get(value) ?? [];
  return readers.length === 1 ? readers[0]!.outputs[0] : undefined;
}

/** What kind of value it is: the operator that yields it, and which of that one's operands are weights. */
function kindOf(flow: Flow, value: string): string {
  const node = flow.producers.get(value);
  return node ? [node.opType, ...node.inputs.map((name) => isActivation(flow, name))].join() : "input";
}

/** Branches in a row, joined where the row repeats: attention, feed-forward, attention, feed-forward. */
function repeated(branches: readonly Block[]): Block[] {
  const rows: Block[][] = [];
  for (const block of branches) {
    const row = rows.at(-1);
    if (row?.at(-1)?.to === block.from) row.push(block);
    else rows.push([block]);
  }
  return rows.flatMap((row) => {
    const kinds = row.map(({ nodes }) =>
      [...nodes]
        .map((n) => n.opType)
        .sort()
        .join(),
    );
    const period = periodOf(kinds);
    const parts = Array.from({ length: Math.ceil(row.length / period) }, (_, i) =>
      row.slice(i * period, (i + 1) * period),
    );
    return parts.flatMap((part) => (part.length === period ? [joined(part)] : part));
  });
}

/** After how many entries a list repeats, at least once; 1 where it does not. */
function periodOf(kinds: readonly string[]): number {
  for (let period = 1; period <= kinds.length / 2; period++)
    if (kinds.every((kind, i) => i < period || kind === kinds[i - period])) return period;
  return 1;
}

function joined(blocks: readonly Block[]): Block {
  const [first] = blocks;
  if (blocks.length === 1) return first!;
  return {
    ...first!,
    kind: "block",
    to: blocks.at(-1)!.to,
    nodes: new Set(blocks.flatMap((b) => [...b.nodes])),
    layers: blocks.flatMap((b) => b.layers),
    caches: blocks.flatMap((b) => b.caches),
  };
}

/** Layers that yield what has the shape of what they read, each with what follows it before the next layer. */
function plainLayers(flow: Flow): Block[] {
  return [...flow.layers.keys()].flatMap((node) => {
    const from = flow.layers.get(node)![0]!.input.value;
    let [at, to] = [node.outputs[0]!, ""];
    for (;;) {
      const fits = sameShape(flow, from, at);
      if (fits && !flow.outputs.has(at)) to = at;
      else if (to) break;
      const [reader, ...others] = flow.readers.get(at) ?? [];
      const alone = reader && !others.length && !flow.layers.has(reader) && reader.outputs.length === 1;
      if (!alone || reader.inputs.some((name) => name !== at && isActivation(flow, name))) break;
      at = reader.outputs[0]!;
    }
    return (to && blockOf(flow, "plain", from, to)) || [];
  });
}
