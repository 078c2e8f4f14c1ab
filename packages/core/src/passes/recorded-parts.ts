import { batchesOf, type DataSource } from "../data.ts";
import { hasFixedBatch } from "../evidence/runs.ts";
import type { Graph, ValueInfo } from "../graph/graph.ts";
import { nodeOf, type Attribute, type Node } from "../graph/node.ts";
import type { Runtime, RunTensor, RunValues } from "../model.ts";
import { feedsFor } from "../plan/slice-value.ts";
import type { Analysis } from "../solver/analyze.ts";
import type { Bodies } from "./bodies.ts";
import { nodesOf, readsOf, sinkBodies } from "./sink-bodies.ts";

/** One of the graphs that stand side by side where bodies were taken out of their nodes. */
export interface GraphPart {
  /** Where it came from, such as `then_branch of "z"`; undefined for the outermost graph. */
  readonly place: string | undefined;
  readonly analysis: Analysis;
  /** What it was given, run by run, while the whole network ran: a body's turns are runs of their own. */
  readonly data: DataSource;
  /** The same part of a graph that was cut from the one that was analysed. */
  readonly of: (graph: Graph) => Graph;
}

/**
 * The parts of a network, with what each is given when the original runs on some samples. Bodies run inside it; what
 * they read comes from where it is at hand: an If's branch reads values of the graph around it, and the body of a Loop or
 * Scan yields what it was given besides what it yields anyway. A network without bodies is one part, with the samples.
 */
export async function partsOf(
  runtime: Runtime,
  analysis: Analysis,
  data: DataSource,
  onProgress?: (done: number, total: number) => void,
): Promise<GraphPart[]> {
  const { bodies } = analysis;
  if (!bodies.nodes.length) return [{ place: undefined, analysis, data, of: (graph) => graph }];
  const found: GraphPart[] = [];
  const visit = async (part: Bodies, own: DataSource, captured: readonly string[], place?: string): Promise<void> => {
    const { runs, inside } = await recorded(runtime, analysis.graph, part, own, captured, onProgress);
    const of = (graph: Graph): Graph => partOf(graph, part);
    found.push({ place, analysis: analysisOf(analysis, of), data: runs, of });
    for (const [body, { data: given, place: at }] of inside)
      await visit(body.part, given, [...body.captured.values()], place === undefined ? at : `${at}, ${place}`);
  };
  await visit(bodies, data, []);
  return found;
}

/**
 * The analysis in which nothing can be cut from parts that did not run, as nothing is known of what they are given. Weights
 * that a part that ran reads as well, such as those of both branches of a decoder, are judged by that one.
 */
export function withoutUnseen(analysis: Analysis, parts: readonly GraphPart[]): Analysis {
  const idle = new Set(parts.filter(({ data }) => !data.count).flatMap((part) => part.analysis.graph.nodes));
  if (!idle.size) return analysis;
  const judged = new Set(
    analysis.layers.flatMap(({ node, weight }) => (weight && !idle.has(node) ? [weight.name] : [])),
  );
  const unseen = new Set(idle);
  for (const { node, weight } of analysis.layers) if (weight && judged.has(weight.name)) unseen.delete(node);
  const reason = "is in a body that did not run on the calibration data";
  const groups = analysis.groups.map((group) => {
    const node = group.blocked ? undefined : group.layers.find((layer) => unseen.has(layer));
    return node ? { ...group, blocked: { reason, node } } : group;
  });
  const renewed = new Map(analysis.groups.map((group, i) => [group, groups[i]!]));
  const positions = new Map(groups.map((group, i) => [group, analysis.indexOf(analysis.groups[i]!)]));
  return {
    ...analysis,
    groups,
    layers: analysis.layers.map((layer) => ({ ...layer, groups: layer.groups.map((g) => ({ ...g, group: renewed.get(g.group)! })) })), // prettier-ignore
    linear: analysis.linear.filter(({ node }) => !idle.has(node) || unseen.has(node)),
    ignored: (layer) => unseen.has(layer.node) || analysis.ignored(layer),
    indexOf: (group) => positions.get(group)!,
  };
}

/**
 * The parts that ran and have layers, those that ran most often first; weights that several read are among the layers of
 * the first of these alone, so that nothing takes back what was made of them. A network without bodies stays as it is.
 */
export function ownLayers(parts: readonly GraphPart[]): GraphPart[] {
  if (parts.length === 1) return [...parts];
  const taken = new Set<string>();
  return parts
    .toSorted((a, b) => b.data.count - a.data.count)
    .flatMap((part) => {
      const linear = part.analysis.linear.filter(({ tensor }) => !taken.has(tensor.name));
      if (!part.data.count || !linear.length) return [];
      for (const { tensor } of linear) taken.add(tensor.name);
      return [{ ...part, analysis: { ...part.analysis, linear } }];
    });
}

/** A graph in which a part, with new weights, has taken the place of what it was. */
export function withPart(graph: Graph, part: Graph): Graph {
  const nodes = new Map(part.nodes.map((node) => [node.outputs[0], node]));
  return {
    ...graph,
    nodes: graph.nodes.map((node) => nodes.get(node.outputs[0]) ?? node),
    parameters: new Map([...graph.parameters, ...part.parameters]),
  };
}

function analysisOf(analysis: Analysis, of: GraphPart["of"]): Analysis {
  const graph = of(analysis.graph);
  const nodes = new Set(graph.nodes);
  return {
    ...analysis,
    graph,
    original: of(analysis.original),
    bodies: { ...analysis.bodies, nodes: [] },
    linear: analysis.linear.filter((layer) => nodes.has(layer.node)),
  };
}

function partOf(flat: Graph, part: Bodies): Graph {
  const nodes = nodesOf(flat, part);
  const made = new Set(nodes.flatMap((node) => node.outputs));
  const read = new Set(nodes.flatMap(readsOf));
  return {
    ...flat,
    nodes,
    inputs: flat.inputs.filter((v) => read.has(v.name)),
    outputs: flat.outputs.filter((v) => made.has(v.name)),
    parameters: new Map([...flat.parameters].filter(([name]) => read.has(name))),
  };
}

type Body = Bodies["nodes"][number]["bodies"][number];

interface Recorded {
  readonly runs: DataSource;
  readonly inside: ReadonlyMap<Body, { readonly data: DataSource; readonly place: string }>;
}

/** Runs a part with the bodies back in it, and keeps what it and they are given. */
async function recorded(
  runtime: Runtime,
  flat: Graph,
  part: Bodies,
  data: DataSource,
  captured: readonly string[],
  onProgress?: (done: number, total: number) => void,
): Promise<Recorded> {
  if (!part.nodes.length) return { runs: data, inside: new Map() };
  const runs: RunValues[] = [];
  const inside = new Map(
    part.nodes.flatMap(
      ({ node, bodies }) =>
      bodies.map((body) => [body, { runs: [] as RunValues[], place: `${body.attribute} of "${node.name || node.outputs[0]!}"` }]), // prettier-ignore
    ),
  );
  const { graph, nameOf } = listening(withInputs(sinkBodies(flat, part), flat, captured), part);
  const session = data.count ? await runtime.open(graph) : undefined;
  try {
    for (const [from, to] of batchesOf(data, hasFixedBatch(graph))) {
      const feeds = feedsFor(graph, data.batch(from, to));
      const values = await session!.run(feeds);
      const read = (name: string): RunTensor => values[nameOf(name)]!;
      const yielded = part.nodes.flatMap(({ node }) => node.outputs.filter(Boolean));
      runs.push({ ...feeds, ...Object.fromEntries(yielded.map((name) => [name, read(name)])) });
      for (const { node, bodies } of part.nodes)
        for (const body of bodies) inside.get(body)!.runs.push(...turnsOf(node, body, read));
      onProgress?.(to, data.count);
    }
  } finally {
    await session?.release();
  }
  return {
    runs: dataOf(runs),
    inside: new Map([...inside].map(([body, { runs: turns, place }]) => [body, { data: dataOf(turns), place }])),
  };
}

const dataOf = (runs: readonly RunValues[]): DataSource => ({
  count: runs.length,
  batchSize: 1,
  batch: (i) => runs[i]!,
});

/** What a body is given in every turn that it takes in one run; a branch takes one or none. */
function turnsOf(node: Node, { attribute, captured, part }: Body, read: (name: string) => RunTensor): RunValues[] {
  const outer = Object.fromEntries([...captured].map(([name, inner]) => [inner, read(name)]));
  if (node.opType === "If") {
    const taken = Number(read(node.inputs[0]!).data[0]) !== 0;
    return taken === (attribute === "then_branch") ? [outer] : [];
  }
  const series = part.inputs.map(({ name }) => [name, read(name)] as const);
  const count = Math.min(...series.map(([, { dims }]) => dims[0]!));
  return Array.from({ length: series.length ? count : 0 }, (_, i) => ({
    ...outer,
    ...Object.fromEntries(series.map(([name, stacked]) => [name, sliceOf(stacked, i)])),
  }));
}

function sliceOf({ dtype, dims, data }: RunTensor, index: number): RunTensor {
  const size = dims.slice(1).reduce((a, b) => a * b, 1);
  return { dtype, dims: dims.slice(1), data: data.slice(index * size, (index + 1) * size) };
}

function withInputs(graph: Graph, flat: Graph, names: readonly string[]): Graph {
  return { ...graph, inputs: [...graph.inputs, ...flat.inputs.filter((v) => names.includes(v.name))] };
}

/** A graph that yields, instead of its own outputs, what its bodies and the nodes around them read and yield. */
function listening(graph: Graph, part: Bodies): { readonly graph: Graph; readonly nameOf: (name: string) => string } {
  const nameOf = (name: string): string => `prune:given:${name}`;
  const stacked = new Set<string>();
  const wanted = new Set<string>();
  const holders = new Map(part.nodes.map((holder) => [holder.node.outputs[0], holder]));
  const nodes = graph.nodes.map((node): Node => {
    const holder = holders.get(node.outputs[0]);
    if (!holder) return node;
    for (const name of [...node.outputs, ...holder.bodies.flatMap((b) => [...b.captured.keys()])]) wanted.add(name);
    if (node.opType === "If") wanted.add(node.inputs[0]!);
    return node.opType === "If" ? node : stacking(node, nameOf, stacked);
  });
  wanted.delete("");
  const read = new Set([...wanted, ...nodes.flatMap(readsOf)]);
  return {
    nameOf,
    graph: {
      ...graph,
      parameters: new Map([...graph.parameters].filter(([name]) => read.has(name))),
      nodes: [...nodes, ...[...wanted].map((name) => nodeOf("Identity", [name], [nameOf(name)]))],
      outputs: [...wanted, ...stacked].map((name): ValueInfo => ({ name: nameOf(name), dtype: "other", dims: undefined })), // prettier-ignore
    },
  };
}

/** A Loop or Scan that yields, one after another, what its body was given in every turn. */
function stacking(node: Node, nameOf: (name: string) => string, stacked: Set<string>): Node {
  const { body } = node.attributes;
  if (body?.type !== "graph") return node;
  const { inputs, outputs, nodes } = body.value;
  const own = inputs.map((v) => v.name);
  for (const name of own) stacked.add(name);
  const value = {
    ...body.value,
    nodes: [...nodes, ...own.map((name) => nodeOf("Identity", [name], [`${nameOf(name)}:turn`]))],
    outputs: [...outputs, ...inputs.map((v) => ({ ...v, name: `${nameOf(v.name)}:turn` }))],
  };
  const attributes: Record<string, Attribute> = { ...node.attributes, body: { type: "graph", value } };
  for (const key of ["scan_output_axes", "scan_output_directions"]) {
    const list = attributes[key];
    if (list?.type === "ints") attributes[key] = { type: "ints", value: [...list.value, ...own.map(() => 0)] };
  }
  const yields = outputs.length - (node.opType === "Loop" ? 1 : 0);
  const padded = Array.from({ length: yields }, (_, i) => node.outputs[i] ?? "");
  return { ...node, attributes, outputs: [...padded, ...own.map(nameOf)] };
}
