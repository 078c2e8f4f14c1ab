import type { Node } from "@prune/core";
import type * as tf from "@tensorflow/tfjs-core";
import { errorMissingConverter } from "../errors.ts";
import type { NodeDef } from "../graph-model/node-def.ts";
import type { JsonObject } from "../json.ts";
import { operand, type Kernel, type KernelContext, type SlowKernel } from "../runtime/kernel.ts";
import { plain, valueOf, type Value } from "../runtime/value.ts";

/** The part of `@tensorflow/tfjs-converter` that is used here. */
export interface TfjsConverter {
  loadGraphModelSync(handler: never): unknown;
}

/** Packages that a model needs to run, once they are loaded. */
export interface LoadedPackages {
  converter?: TfjsConverter;
}

/** What a node of the converter's own carries. */
export interface ForeignOp {
  readonly def: NodeDef;
  /** The functions that the file defines, for operators that call them. */
  readonly library: JsonObject | undefined;
  readonly packages: LoadedPackages;
}

interface SmallModel {
  execute(inputs: object, outputs: string[]): tf.Tensor | tf.Tensor[];
  executeAsync(inputs: object, outputs: string[]): Promise<tf.Tensor | tf.Tensor[]>;
}

/** Models of one operation each. */
const models = new WeakMap<Node, SmallModel>();

/** Operators whose results have sizes that only their data tells, or that run others in turn. */
const SLOW =
  /^(NonMaxSuppression|Where$|ListDiff$|If$|While$|StatelessIf$|StatelessWhile$|Tensor(Array|List)|HashTable|LookupTable)/;

const foreignOf = (node: Node): ForeignOp => (node.attributes["op"] as { readonly value: ForeignOp }).value;

export const isSlow = (node: Node): boolean => SLOW.test(node.opType);

export const opKernel: Kernel = (context) => {
  const { model, feeds, outputs } = prepare(context);
  return valuesOf(model.execute(feeds, outputs));
};

export const slowOpKernel: SlowKernel = async (context) => {
  const { model, feeds, outputs } = prepare(context);
  return valuesOf(await model.executeAsync(feeds, outputs));
};

const valuesOf = (made: tf.Tensor | tf.Tensor[]): Value[] =>
  (Array.isArray(made) ? made : [made]).map((tensor) => valueOf(tensor));

function prepare(context: KernelContext): { model: SmallModel; feeds: Record<string, tf.Tensor>; outputs: string[] } {
  const { node } = context;
  const inputs = node.inputs.map((_, i) => plain(operand(context, i)));
  let model = models.get(node);
  if (!model) models.set(node, (model = modelOf(node, inputs)));
  return {
    model,
    feeds: Object.fromEntries(inputs.map((tensor, i) => [`input${i}`, tensor])),
    outputs: node.outputs.map((_, i) => (i === 0 ? "output" : `output:${i}`)),
  };
}

/** A GraphModel of nothing but the node. */
function modelOf(node: Node, inputs: readonly tf.Tensor[]): SmallModel {
  const { def, library, packages } = foreignOf(node);
  if (!packages.converter) throw errorMissingConverter(node);
  const type = { float32: "DT_FLOAT", int32: "DT_INT32", bool: "DT_BOOL" } as Readonly<Record<string, string>>;
  const placeholders = inputs.map(({ dtype }, i) => ({
    name: `input${i}`,
    op: "Placeholder",
    attr: { dtype: { type: type[dtype] ?? "DT_FLOAT" } },
  }));
  const own = { name: "output", op: def.op, input: placeholders.map(({ name }) => name), attr: def.attr };
  const modelTopology = { node: [...placeholders, own], versions: { producer: 0 }, ...(library ? { library } : {}) };
  const artifacts = { modelTopology, weightSpecs: [], weightData: new ArrayBuffer(0) };
  return packages.converter.loadGraphModelSync({ load: () => artifacts } as never) as SmallModel;
}
