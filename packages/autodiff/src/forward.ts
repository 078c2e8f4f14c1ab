import {
  type Attribute,
  Emitter,
  type Graph,
  type Loss,
  type LossNetwork,
  type Node,
  type Operands,
  operandsOf,
  type OpHandler,
  probe,
  type Runtime,
  type Shapes,
  unshare,
  type ValueInfo,
} from "@prune/core";
import { errorBadData, errorUnknownValue } from "./errors.ts";
import { inputsOfBoth, partOf } from "./part-of.ts";
import { singlePrecision } from "./single-precision.ts";
import { type Step, stepsOfNodes, trainingForm, trainingOpsets } from "./training-form.ts";

/** Begins every name that a training graph adds. */
export const PREFIX = "train:";
const TEACHER = `${PREFIX}teacher/`;
export const LABELS: string = `${PREFIX}labels`;

/** What a training graph computes before any gradient. */
export interface ForwardOptions {
  readonly graph: Graph;
  /** Runs the graph once to learn its shapes. */
  readonly runtime: Runtime;
  /** Sizes of the inputs, batch included. */
  readonly dims: Readonly<Record<string, readonly number[]>>;
  readonly loss: Loss;
  /** Sizes of the labels, batch included. */
  readonly labels?: readonly number[] | undefined;
  readonly teacher?: Graph | undefined;
  /** Whether normalisation uses the batch's statistics and updates the stored ones. */
  readonly batchStatistics: boolean;
  readonly operators?: readonly OpHandler[] | undefined;
  /** Seed of what dropout drops. Default: nothing is dropped. */
  readonly dropout?: number | undefined;
  /** Operators that stay as they are, instead of taking the form they have in training. Default: none. */
  readonly leaves?: ((handler: OpHandler) => boolean) | undefined;
}

/** A network and its loss, written into a graph that gradients can be appended to. */
export interface Forward {
  readonly g: Emitter;
  /** The network: float32, sizes fixed, equal weights apart. */
  readonly network: Graph;
  readonly nameOf: (value: string) => string;
  readonly steps: readonly Step[];
  readonly operands: Operands;
  readonly statistics: ReadonlyMap<string, string | undefined>;
  readonly loss: string;
  readonly metric: string | undefined;
  /** What the loss reads of the teacher. */
  readonly taught: readonly Taught[];
  /** The graph of what some outputs need, out of all nodes so far; `inputs` names values that are fed instead. */
  readonly graphOf: (outputs: readonly string[], inputs?: readonly ValueInfo[]) => Graph;
}

/** A value of the teacher, and the name it has in the training graph. */
export interface Taught {
  readonly value: string;
  readonly name: string;
  readonly dims: readonly number[];
}

/** Writes the forward part of a training graph. @throws {PruneError} */
export async function forward(options: ForwardOptions): Promise<Forward> {
  const { runtime, loss, batchStatistics, operators = [] } = options;
  const network = prepared(options.graph, options.dims);
  const shapes = await probe(network, runtime);
  const g = new Emitter(PREFIX);
  const form = trainingForm(network, shapes, g, operators, {
    batchStatistics,
    seed: options.dropout,
    leaves: options.leaves,
  });
  const teacher = options.teacher && (await teacherOf(options.teacher, options, g));
  const parameters = new Map([...network.parameters, ...(teacher?.parameters ?? [])]);
  const labels: ValueInfo | undefined = loss.labels && options.labels && { name: LABELS, dtype: loss.labels, dims: options.labels }; // prettier-ignore
  const read = inputsOfBoth(network, teacher);
  const inputs = labels ? [...read, labels] : read;
  const start = g.nodes.length;
  const built = loss.build({
    g,
    ...valuesOf(network, shapes, form.nameOf),
    teacher: teacher?.values,
    labels: options.labels && labels && { name: LABELS, dims: options.labels },
  });
  const wholeOf = (outputs: readonly string[]): Graph => ({
    name: "training",
    nodes: g.nodes,
    inputs,
    outputs: outputs.map((name) => ({ name, dtype: "float32", dims: undefined })),
    parameters: new Map([...parameters, ...g.parameters]),
    opsets: trainingOpsets(network),
  });
  const graphOf: Forward["graphOf"] = (outputs, fed) => partOf(wholeOf(outputs), fed);
  const whole = wholeOf([built.loss]);
  const steps = [...form.steps, ...stepsOfNodes(whole, g.nodes.slice(start), operators)];
  const operands = operandsOf(whole, await probe(whole, runtime));
  return {
    g,
    network,
    nameOf: form.nameOf,
    steps,
    operands,
    statistics: form.statistics,
    loss: built.loss,
    metric: built.metric,
    taught: [...(teacher?.taught.values() ?? [])],
    graphOf,
  };
}

/** A network with float32 values, weights of its own for every layer, and inputs of fixed sizes. */
function prepared(graph: Graph, dims: ForwardOptions["dims"]): Graph {
  const network = unshare(singlePrecision(graph));
  const inputs = network.inputs.map((input): ValueInfo => {
    const given = dims[input.name];
    if (!given) throw errorBadData(`There is no data for input "${input.name}".`);
    const stated = input.dims ?? given;
    if (stated.length !== given.length || stated.some((d, i) => typeof d === "number" && d !== given[i])) {
      throw errorBadData(
        `Input "${input.name}" has shape [${stated.map((d) => d ?? "?").join(", ")}], and the data has [${given.join(", ")}], batch first. Where the model's batch is fixed, batchSize must equal it.`,
      );
    }
    return { ...input, dims: given };
  });
  return { ...network, inputs };
}

function valuesOf(network: Graph, shapes: Shapes, nameOf: (value: string) => string): LossNetwork {
  const value: LossNetwork["value"] = (name) => {
    const dims = shapes.canonical.get(name);
    if (!dims) throw errorUnknownValue(name, "value");
    return { name: nameOf(name), dims };
  };
  return { value, outputs: network.outputs.map((output) => value(output.name)) };
}

/** Writes the teacher beside the network, with names of its own; it reads the same inputs. `taught` is what is read of it. */
async function teacherOf(
  graph: Graph,
  { runtime, dims, operators = [] }: ForwardOptions,
  g: Emitter,
): Promise<{
  values: LossNetwork;
  inputs: Graph["inputs"];
  parameters: Graph["parameters"];
  taught: ReadonlyMap<string, Taught>;
}> {
  const network = prepared(graph, dims);
  const shapes = await probe(network, runtime);
  const inputs = new Set(network.inputs.map((input) => input.name));
  const apart = (name: string): string => (name && !inputs.has(name) ? TEACHER + name : name);
  const renamed = renameValues(network, apart);
  const over = <T>(map: ReadonlyMap<string, T>): Map<string, T> =>
    new Map([...map].map(([name, v]) => [apart(name), v]));
  const { canonical, wide, ints, sizes } = shapes;
  const own: Shapes = { canonical: over(canonical), wide: over(wide), ints: over(ints), sizes };
  const form = trainingForm(renamed, own, g, operators);
  const all = valuesOf(network, shapes, (name) => form.nameOf(apart(name)));
  const integers = new Set(network.outputs.filter(({ dtype }) => dtype !== "float32").map(({ name }) => name));
  const taught = new Map<string, Taught>();
  const value: LossNetwork["value"] = (name) => {
    const read = all.value(name);
    if (!inputs.has(name) && !integers.has(name)) taught.set(name, { value: name, ...read });
    return read;
  };
  const values: LossNetwork = {
    value,
    get outputs() {
      return network.outputs.map(({ name }) => value(name));
    },
  };
  return { values, inputs: network.inputs, parameters: renamed.parameters, taught };
}

function renameValues(graph: Graph, nameOf: (name: string) => string): Graph {
  const body = (attribute: Attribute): Attribute =>
    attribute.type === "graph" ? { type: "graph", value: renameValues(attribute.value, nameOf) } : attribute;
  const node = (n: Node): Node => ({
    ...n,
    name: n.name && TEACHER + n.name,
    inputs: n.inputs.map(nameOf),
    outputs: n.outputs.map(nameOf),
    attributes: Object.fromEntries(Object.entries(n.attributes).map(([key, a]) => [key, body(a)])),
  });
  const info = (v: ValueInfo): ValueInfo => ({ ...v, name: nameOf(v.name) });
  return {
    ...graph,
    nodes: graph.nodes.map(node),
    inputs: graph.inputs.map(info),
    outputs: graph.outputs.map(info),
    parameters: new Map([...graph.parameters].map(([name, t]) => [nameOf(name), { ...t, name: nameOf(name) }])),
  };
}
