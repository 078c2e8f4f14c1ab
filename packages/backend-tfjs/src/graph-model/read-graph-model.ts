import { int64Tensor, isFloat, toNumbers, type DType, type Graph, type Node, type Tensor, type ValueInfo } from "@prune/core"; // prettier-ignore
import { errorGraphCycle, errorMissingNode, errorMissingWeight, errorNoPlaceholderType } from "../errors.ts";
import { tensorOfWeight, type StoredWeight } from "../format/stored-weight.ts";
import type { TfjsFile } from "../format/tfjs-file.ts";
import type { ForeignOp, LoadedPackages } from "../foreign/op-kernel.ts";
import { OP_DOMAIN } from "../foreign/operators.ts";
import { isObject, objectIn, textIn, type JsonObject } from "../json.ts";
import { GraphBuilder } from "../translate/graph-builder.ts";
import type { OpContext } from "./define-op.ts";
import { isControl, nodeDefsOf, nodeOfTensor, shapeAttr, sizesIn, tensorName, typeAttr, type NodeDef } from "./node-def.ts"; // prettier-ignore
import { ruleFor } from "./rules.ts";

/** What a graph that was read from a GraphModel remembers of it. */
export interface GraphOrigin {
  readonly kind: "graph-model";
  readonly file: TfjsFile;
  /** The nodes of the translation, before any cut. */
  readonly nodes: readonly Node[];
  readonly parameters: ReadonlyMap<string, Tensor>;
  /** Which node of the file each value of the translation belongs to. */
  readonly owners: ReadonlyMap<string, string>;
  /** TensorFlow's names of the values that it has names for. */
  readonly tensors: ReadonlyMap<string, string>;
}

/** Constants of more elements than this are weights, and not read as sizes, axes or indices. */
const MAX_NUMBERS = 1 << 16;

/** Translates a GraphModel. Its weights are parameters under the names and in the layouts that the file has them in. */
export function readGraphModel(file: TfjsFile, packages: LoadedPackages, source: string): Graph {
  return new Reader(file, packages, source).read();
}

class Reader {
  readonly #b = new GraphBuilder();
  readonly #file: TfjsFile;
  readonly #source: string;
  readonly #packages: LoadedPackages;
  readonly #library: JsonObject | undefined;
  readonly #defs: ReadonlyMap<string, NodeDef>;
  readonly #weights: ReadonlyMap<string, StoredWeight>;
  /** How many outputs of each node something reads, counted to the last of them. */
  readonly #outputs = new Map<string, number>();
  /** TensorFlow's name of a tensor → the graph's name of its value. */
  readonly #values = new Map<string, string>();
  readonly #constants = new Map<string, Tensor>();
  readonly #owners = new Map<string, string>();

  constructor(file: TfjsFile, packages: LoadedPackages, source: string) {
    this.#file = file;
    this.#packages = packages;
    this.#library = objectIn(objectIn(file.json, "modelTopology"), "library");
    this.#source = source;
    const defs = nodeDefsOf(objectIn(file.json, "modelTopology"));
    this.#defs = new Map(defs.map((def) => [def.name, def]));
    this.#weights = new Map(file.weights.map((weight) => [weight.name, weight]));
    for (const def of defs) {
      for (const input of def.input) {
        const index = Number(/:(\d+)$/.exec(input)?.[1] ?? 0);
        const from = nodeOfTensor(input);
        this.#outputs.set(from, Math.max(this.#outputs.get(from) ?? 1, index + 1));
      }
    }
  }

  read(): Graph {
    const b = this.#b;
    const outputs = this.#outputTensors();
    for (const tensor of outputs) {
      const from = nodeOfTensor(tensor);
      const index = Number(/:(\d+)$/.exec(tensor)?.[1] ?? 0);
      this.#outputs.set(from, Math.max(this.#outputs.get(from) ?? 1, index + 1));
    }
    for (const name of this.#defs.keys()) b.reserve(name);
    const order = this.#sorted(outputs.map(nodeOfTensor));
    for (const def of order) if (def.op === "Placeholder") this.#addInput(def);
    for (const def of order) if (def.op !== "Placeholder") this.#add(def);
    for (const tensor of outputs) {
      const name = this.#values.get(tensorName(tensor));
      if (name === undefined) throw errorMissingNode(this.#source, tensor, "the signature");
      b.output({ name, dtype: this.#signatureType(tensor), dims: undefined });
    }
    const graph = b.graph(textIn(this.#file.json, "generatedBy") ?? "graph");
    const { nodes, parameters } = graph;
    const tensors = new Map([...this.#values].map(([tensor, value]) => [value, tensor]));
    const origin: GraphOrigin = {
      kind: "graph-model",
      file: this.#file,
      nodes,
      parameters,
      owners: this.#owners,
      tensors,
    };
    return { ...graph, origin };
  }

  /** Inputs or outputs as the file states them. */
  #signature(side: "inputs" | "outputs"): JsonObject[] {
    const { json } = this.#file;
    const signature = objectIn(json, "signature") ?? objectIn(objectIn(json, "userDefinedMetadata"), "signature");
    return Object.values(objectIn(signature, side) ?? {}).filter(isObject);
  }

  /** The tensors that the model yields: those of its signature, or else those of nodes that nothing reads. */
  #outputTensors(): string[] {
    const stated = this.#signature("outputs").flatMap((entry) => textIn(entry, "name") ?? []);
    const names = stated.map(tensorName).filter((name) => this.#defs.has(nodeOfTensor(name)));
    if (names.length) return [...new Set(names)];
    const read = new Set([...this.#defs.values()].flatMap((def) => def.input.map(nodeOfTensor)));
    return [...this.#defs.values()].filter((d) => !read.has(d.name) && d.op !== "NoOp" && d.op !== "Const").map((d) => d.name); // prettier-ignore
  }

  #signatureType(tensor: string): DType {
    const entry = this.#signature("outputs").find((e) => tensorName(textIn(e, "name") ?? "") === tensorName(tensor));
    const type = entry?.["dtype"];
    return type === "DT_INT32" || type === "DT_INT64" ? "int64" : type === "DT_BOOL" ? "bool" : "float32";
  }

  /** The nodes that the outputs depend on, each after what it reads. */
  #sorted(outputs: readonly string[]): NodeDef[] {
    const done = new Map<string, boolean>();
    const order: NodeDef[] = [];
    const stack = outputs.toReversed().map((name) => ({ name, from: "the signature", entered: false }));
    while (stack.length) {
      const { name, from, entered } = stack.pop()!;
      const def = this.#defs.get(name);
      if (!def) throw errorMissingNode(this.#source, name, from);
      if (entered) {
        done.set(name, true);
        order.push(def);
      } else if (done.get(name) === false) throw errorGraphCycle(this.#source, name);
      else if (!done.has(name)) {
        done.set(name, false);
        stack.push({ name, from, entered: true });
        for (const input of def.input.map(nodeOfTensor).toReversed()) {
          if (done.get(input) !== true) stack.push({ name: input, from: name, entered: false });
        }
      }
    }
    return order;
  }

  #addInput(def: NodeDef): void {
    const b = this.#b;
    b.scope = def.name;
    const type = typeAttr(def, "dtype") ?? "DT_FLOAT";
    const dtype = INPUT_TYPES[type];
    if (!dtype) throw errorNoPlaceholderType(this.#source, def.name, type);
    const stated = this.#signature("inputs").find((entry) => tensorName(textIn(entry, "name") ?? "") === def.name);
    const shape = objectIn(stated, "tensorShape");
    const sizes = shapeAttr(def, "shape") ?? (shape && sizesIn(shape)) ?? [];
    const value = b.input({ name: def.name, dtype, dims: dimsOf(def.name, sizes) });
    const mark = b.mark;
    this.#values.set(def.name, isFloat(dtype) || dtype === "bool" ? value : b.op("Cast", [value], { to: 7 }));
    this.#own(def, mark);
  }

  #add(def: NodeDef): void {
    if (def.op === "Const") this.#addConstant(def);
    else if (def.op !== "NoOp") this.#addOperation(def);
  }

  #addConstant({ name }: NodeDef): void {
    const stored = this.#weights.get(name);
    if (!stored) throw errorMissingWeight(this.#source, name);
    const tensor = tensorOfWeight(stored);
    // Integers are int64 inside a graph, as ONNX's shapes, axes and indices are.
    this.#constants.set(name, tensor.dtype === "int32" ? int64Tensor(name, toNumbers(tensor), tensor.dims) : tensor);
    this.#values.set(name, name);
  }

  #addOperation(def: NodeDef): void {
    const b = this.#b;
    b.scope = def.name;
    const data = def.input.filter((input) => !isControl(input)).map(tensorName);
    const inputs = data.map((input) => {
      const value = this.#values.get(input);
      if (value === undefined) throw errorMissingNode(this.#source, input, def.name);
      const constant = this.#constants.get(value);
      return constant ? b.parameter(constant) : value;
    });
    const outputs = this.#outputs.get(def.name) ?? 1;
    const context: OpContext = {
      b,
      node: def,
      inputs,
      outputs,
      sizes: (i) => this.#constants.get(inputs[i] ?? "")?.dims,
      numbers: (i) => this.#numbers(inputs[i]),
    };
    const mark = b.mark;
    let made = ruleFor(def.op)?.(context);
    if (made === undefined) {
      b.rollback(mark);
      const value: ForeignOp = { def, library: this.#library, packages: this.#packages };
      made = b.foreign(OP_DOMAIN, def.op, inputs, { op: { type: "raw", value } }, outputs);
    }
    const nameOf = (i: number): string => (i === 0 ? def.name : `${def.name}:${i}`);
    const values = b.renameAll(typeof made === "string" ? [made] : made, nameOf, mark);
    values.forEach((value, i) => this.#values.set(nameOf(i), value));
    this.#own(def, mark);
  }

  #own(def: NodeDef, mark: number): void {
    for (const name of this.#b.outputsSince(mark)) this.#owners.set(name, def.name);
  }

  #numbers(value: string | undefined): number[] | undefined {
    const tensor = this.#constants.get(value ?? "");
    if (!tensor || tensor.dims.reduce((a, d) => a * d, 1) > MAX_NUMBERS) return undefined;
    return toNumbers(tensor);
  }
}

const INPUT_TYPES: Readonly<Record<string, DType>> = {
  DT_FLOAT: "float32",
  DT_INT32: "int32",
  DT_INT64: "int32",
  DT_UINT8: "int32",
  DT_BOOL: "bool",
};

/** Sizes of an input; those that are not fixed have names, by which they can be given. */
function dimsOf(name: string, sizes: readonly number[]): ValueInfo["dims"] {
  const named =
    ({ 3: ["batch", "time"], 4: ["batch", "height", "width"], 5: ["batch", "depth", "height", "width"] } as const)[
      sizes.length
    ] ?? (["batch"] as const);
  return sizes.map((size, i) => (size >= 0 ? size : ((named as readonly string[])[i] ?? `${name}:${i}`)));
}
