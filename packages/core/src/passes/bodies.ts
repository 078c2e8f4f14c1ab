import { holdsWeights } from "../graph/dtype.ts";
import { capturedNames, type Graph, type ValueInfo } from "../graph/graph.ts";
import type { Node } from "../graph/node.ts";
import { sizeOf, type Tensor } from "../graph/tensor.ts";
import { constantOf, constantsOf } from "../solver/constants.ts";
import type { DimSizes } from "../solver/sample-inputs.ts";
import type { Shapes } from "../solver/probe.ts";
import { freshName, nodeWithNames, type Taken, takenIn } from "./names.ts";

/** Where the parts of a graph belong whose bodies (of If, Loop and Scan) stand beside it instead of inside its nodes. */
export interface Bodies {
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  /** Parameters of this graph itself; its bodies read them too. */
  readonly parameters: ReadonlySet<string>;
  readonly nodes: readonly { readonly node: Node; readonly bodies: readonly Body[] }[];
  /** Nodes whose bodies hold weights and stayed inside them, and why. */
  readonly whole: readonly { readonly node: Node; readonly reason: string }[];
}

/** A body of a node, by the name of its attribute. */
interface Body {
  readonly attribute: string;
  /** Outer values that the body reads → the inputs that stand for them. */
  readonly captured: ReadonlyMap<string, string>;
  readonly part: Bodies;
}

/** A graph in the form in which it can be analysed, with the shapes of its values. */
export interface Prepared {
  /** Without branches that are never taken. */
  readonly original: Graph;
  /** With shared constants given to each layer. */
  readonly graph: Graph;
  readonly shapes: Shapes;
}

/** A graph that was perhaps taken apart, and where its parts belong. */
export interface Part extends Prepared {
  readonly bodies: Bodies;
}

/** Brings a graph into that form. `sizes`: those that its dynamic dimensions are known to run at. */
export type Prepare = (graph: Graph, sizes?: DimSizes) => Promise<Prepared>;

const WHOLE =
  "has weights in a body, which gradients, training and schedules of several steps do not reach; its MACs are not counted";
const ALONE = "has weights in a body that does not run by itself; its MACs are not counted";

/**
 * Takes bodies with weights out of their nodes: each becomes a graph of its own beside the one that it was in, with
 * inputs for all that it reads from there. Such a node's outputs become inputs in turn, and what it reads outputs: at
 * borders everything stays whole. Bodies that do not run by themselves stay inside.
 */
export async function liftBodies(
  given: Graph,
  prepare: Prepare,
  wanted = true,
  taken: Taken = takenIn(given),
): Promise<Part> {
  const prepared = await prepare(given);
  const { original, shapes } = prepared;
  const { inputs, outputs, parameters } = original;
  const holders = original.nodes.filter((node) => hasWeights(node, original));
  const wholeFor = (reason: string, nodes = holders): Part => ({
    ...prepared,
    bodies: { inputs, outputs, parameters: new Set(parameters.keys()), nodes: [], whole: nodes.map((node) => ({ node, reason })) }, // prettier-ignore
  });
  if (!wanted || !holders.length) return wholeFor(WHOLE);
  const outer = withConstants(original, new Set(holders.flatMap(capturedNames)));
  const lifted: { node: Node; bodies: Lifted[] }[] = [];
  for (const node of holders) {
    const bodies = await bodiesOf(node, outer, shapes, prepare, taken).catch(() => undefined);
    if (bodies) lifted.push({ node, bodies });
  }
  const gone = lifted.map(({ node }) => node);
  const rest = await withoutNodes(outer, gone, prepared, prepare).catch(() => undefined);
  if (!lifted.length || !rest) return wholeFor(ALONE);
  const parts = [rest, ...lifted.flatMap(({ bodies }) => bodies.map((b) => b.inner))];
  const nodes = lifted.map(({ node, bodies }) => ({ node, bodies: bodies.map((b) => b.body) }));
  const inside = wholeFor(ALONE, holders.filter((node) => !gone.includes(node))).bodies; // prettier-ignore
  return {
    original: joined(parts.map((part) => part.original)),
    graph: joined(parts.map((part) => part.graph)),
    shapes: mergedShapes([shapes, ...parts.map((part) => part.shapes)]),
    bodies: { ...inside, parameters: new Set(outer.parameters.keys()), nodes },
  };
}

/** A body, and the graph it became. */
interface Lifted {
  readonly body: Body;
  readonly inner: Part;
}

/** The bodies of a node as graphs by themselves. */
async function bodiesOf(node: Node, outer: Graph, shapes: Shapes, prepare: Prepare, taken: Taken): Promise<Lifted[]> {
  const found: Lifted[] = [];
  for (const [attribute, value] of Object.entries(node.attributes)) {
    if (value.type !== "graph") continue;
    const reads = capturedNames({ ...node, attributes: { [attribute]: value } });
    const captured = new Map(
      reads
        .filter((name) => !outer.parameters.has(name))
        .map((name) => [name, freshName(`${name}/inside`, taken.values)]),
    );
    const inputs = [...captured].map(([name, inside]) => ({ ...infoOf(name, outer, shapes), name: inside }));
    const standalone = renamed(value.value, captured, taken);
    const parameters = new Map([...standalone.parameters, ...reads.flatMap((name) => entryOf(outer.parameters, name))]);
    const { opsets } = outer;
    const inner = await liftBodies({ ...standalone, inputs: [...standalone.inputs, ...inputs], parameters, opsets }, prepare, true, taken); // prettier-ignore
    const own = new Set([...inner.bodies.parameters].filter((name) => !outer.parameters.has(name)));
    const part = { ...inner.bodies, inputs: standalone.inputs, outputs: standalone.outputs, parameters: own };
    found.push({ body: { attribute, captured, part }, inner: withOwnSizes(inner) });
  }
  return found;
}

/** What is left of a graph when nodes leave: their outputs are inputs, and what they read is asked for. */
async function withoutNodes(
  graph: Graph,
  gone: readonly Node[],
  { shapes }: Prepared,
  prepare: Prepare,
): Promise<Prepared> {
  const outputs = gone.flatMap((node) => node.outputs.filter(Boolean));
  const given = new Set([...outputs, ...graph.inputs.map((v) => v.name), ...graph.parameters.keys()]);
  const asked = new Set([
    ...graph.outputs.map((v) => v.name),
    ...gone.flatMap((n) => [...n.inputs, ...capturedNames(n)]),
  ]);
  const rest = {
    ...graph,
    nodes: graph.nodes.filter((node) => !gone.includes(node)),
    inputs: [...graph.inputs, ...outputs.map((name) => infoOf(name, graph, shapes))],
    outputs: [...asked]
      .filter((name) => name && !given.has(name))
      .map((name): ValueInfo => ({ name, dtype: "other", dims: undefined })),
  };
  return rest.nodes.length ? prepare(rest, shapes.sizes) : { original: rest, graph: rest, shapes };
}

/** Whether a body of the node, or one inside it, reads weights of two elements and more. */
function hasWeights(node: Node, outer: Graph): boolean {
  const bodies = Object.values(node.attributes).filter((attribute) => attribute.type === "graph");
  if (!bodies.length) return false; // most nodes: for them, constants are not gathered
  const known = constantsOf(outer);
  const isWeight = (name: string, body: ReadonlyMap<string, Tensor>): boolean => {
    const tensor = body.get(name) ?? known.get(name);
    return tensor !== undefined && holdsWeights(tensor.dtype) && tensor.dims.length > 1 && sizeOf(tensor.dims) > 1;
  };
  return bodies.some(({ value: body }) => {
    const own = constantsOf(body);
    return body.nodes.some((n) => n.inputs.some((name) => isWeight(name, own)) || hasWeights(n, body));
  });
}

/** A graph in which some Constant nodes are parameters. */
function withConstants(graph: Graph, wanted: ReadonlySet<string>): Graph {
  const parameters = new Map(graph.parameters);
  const nodes = graph.nodes.filter((node) => {
    const tensor = constantOf(node);
    if (tensor && wanted.has(tensor.name)) parameters.set(tensor.name, tensor);
    return !tensor || !wanted.has(tensor.name);
  });
  return { ...graph, nodes, parameters };
}

/** What is known of a value, as of an input. */
function infoOf(name: string, graph: Graph, { canonical, wide, ints }: Shapes): ValueInfo {
  const input = graph.inputs.find((v) => v.name === name);
  if (input) return input;
  const dims = wide.get(name)?.map((size, axis) => (canonical.get(name)?.[axis] === size ? size : undefined));
  return { name, dtype: ints.has(name) ? "int64" : "float32", dims };
}

/** A body under names that nothing else has; what it captures under its inputs' names. */
function renamed(body: Graph, captured: ReadonlyMap<string, string>, taken: Taken): Graph {
  const own = [...body.inputs.map((v) => v.name), ...body.parameters.keys(), ...body.nodes.flatMap((n) => n.outputs)];
  const names = new Map([
    ...captured,
    ...own.filter(Boolean).map((name) => [name, freshName(name, taken.values)] as const),
  ]);
  const rename = (name: string): string => names.get(name) ?? name;
  return {
    ...body,
    nodes: body.nodes.map((node) => nodeWithNames(node, rename, taken)),
    inputs: body.inputs.map((v) => ({ ...v, name: rename(v.name) })),
    outputs: body.outputs.map((v) => ({ ...v, name: rename(v.name) })),
    parameters: new Map([...body.parameters].map(([name, t]) => [rename(name), { ...t, name: rename(name) }])),
  };
}

/**
 * Sizes that a part was found to run at are those of its own inputs, whatever others call theirs, and whichever they add
 * up; and names of sizes mean nothing beyond the part.
 */
function withOwnSizes(part: Part): Part {
  const { shapes } = part;
  const sizes = new Map(Object.entries(shapes.sizes));
  const unnamed = (value: ValueInfo): ValueInfo => ({
    ...value,
    dims: value.dims?.map((d) => (typeof d === "number" ? d : undefined)),
  });
  for (const { name, dims = [] } of part.original.inputs)
    for (const [axis, d] of dims.entries())
      if (typeof d !== "number") sizes.set(`${name}[${axis}]`, shapes.canonical.get(name)![axis]!);
  const alone = (graph: Graph): Graph => ({
    ...graph,
    inputs: part.original.inputs.map(unnamed),
    outputs: graph.outputs.map(unnamed),
  });
  return {
    ...part,
    original: alone(part.original),
    graph: alone(part.graph),
    shapes: { ...shapes, sizes: Object.fromEntries(sizes) },
  };
}

/** Graphs side by side as one. */
function joined(all: readonly Graph[]): Graph {
  const inputs = all.flatMap((part) => part.inputs);
  const direct = new Set(inputs.map((v) => v.name));
  return {
    ...all[0]!,
    nodes: all.flatMap((part) => part.nodes),
    inputs,
    outputs: all.flatMap((part) => part.outputs).filter((v) => !direct.has(v.name)),
    parameters: new Map(all.flatMap((part) => [...part.parameters])),
  };
}

function mergedShapes(parts: readonly Shapes[]): Shapes {
  const merged = <T>(pick: (shapes: Shapes) => ReadonlyMap<string, T>): Map<string, T> =>
    new Map(parts.flatMap((part) => [...pick(part)]));
  return {
    canonical: merged((s) => s.canonical),
    wide: merged((s) => s.wide),
    ints: merged((s) => s.ints),
    sizes: Object.assign({}, ...parts.map((part) => part.sizes)) as Shapes["sizes"],
  };
}

const entryOf = <K, V>(entries: ReadonlyMap<K, V>, key: K): [K, V][] =>
  entries.has(key) ? [[key, entries.get(key)!]] : [];
