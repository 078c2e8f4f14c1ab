import type { Graph, Node, Tensor, ValueInfo } from "@prune/core";
import { errorInputShape, errorMasks, errorMissingWeight, errorNoLayers } from "../errors.ts";
import { isObject } from "../json.ts";
import { tensorOfWeight } from "../format/stored-weight.ts";
import type { TfjsFile } from "../format/tfjs-file.ts";
import { LAYER_DOMAIN, TFJS_DOMAIN } from "../foreign/operators.ts";
import { GraphBuilder } from "../translate/graph-builder.ts";
import type { LayerContext } from "./define-layer.ts";
import { isModel, type Layer, type LayerCall, type LayersModel } from "./layers-model.ts";
import { stepsThatCount } from "./masking.ts";
import { ruleFor } from "./rules.ts";
import { walkModel } from "./walk-model.ts";
import { weightsOf } from "./weights-of.ts";

/** What became of a layer, so that a cut can be written back to it. */
export interface LayerRecord {
  readonly className: string;
  /** Names of the models that it is nested in, and its own. */
  readonly path: readonly string[];
  /** Its weights' names in the file, by the last part of them. */
  readonly weights: ReadonlyMap<string, string>;
  /** The values that its calls yield. */
  readonly outputs: readonly string[];
}

/** What a graph that was read from a LayersModel remembers of it. */
export interface LayersOrigin {
  readonly kind: "layers-model";
  readonly file: TfjsFile;
  /** The nodes of the translation, before any cut. */
  readonly nodes: readonly Node[];
  readonly parameters: ReadonlyMap<string, Tensor>;
  /** Which layer each value of the translation belongs to, by its path. */
  readonly owners: ReadonlyMap<string, string>;
  readonly layers: readonly LayerRecord[];
}

/** Whether a graph was read from a LayersModel, by what it remembers. */
export const isLayersOrigin = (origin: unknown): origin is LayersOrigin =>
  isObject(origin) && origin["kind"] === "layers-model";

/** A value on its way through a model, and which of its steps count, if that is known. */
interface Flow {
  readonly value: string;
  readonly mask: string | undefined;
}

/** Translates a LayersModel. Its weights are parameters under the names and in the layouts that the file has them in. */
export function readLayersModel(model: LayersModel, file: TfjsFile, source: string): Graph {
  return new Reader(model, file, source).read();
}

class Reader {
  readonly #b = new GraphBuilder();
  readonly #model: LayersModel;
  readonly #file: TfjsFile;
  readonly #source: string;
  readonly #records = new Map<string, LayerRecord & { outputs: string[] }>();
  readonly #calls: ReadonlyMap<Layer, number>;
  readonly #names: ReadonlyMap<string, string>;
  readonly #owners = new Map<string, string>();

  constructor(model: LayersModel, file: TfjsFile, source: string) {
    this.#model = model;
    this.#file = file;
    this.#source = source;
    this.#calls = countCalls(model);
    this.#names = namesInFile(file);
    if (!model.outputs?.length) throw errorNoLayers(source);
  }

  read(): Graph {
    const b = this.#b;
    const inputs = this.#model.inputs.map(({ sourceLayer, shape, dtype }): Flow => {
      b.scope = sourceLayer.name;
      if (!shape.every((size) => size === null || (Number.isInteger(size) && size >= 0)))
        throw errorInputShape(this.#source, sourceLayer.name, shape);
      const type = dtype === "int32" || dtype === "bool" ? dtype : "float32";
      const value = b.input({ name: sourceLayer.name, dtype: type, dims: dimsOf(sourceLayer.name, shape) });
      return { value: type === "int32" ? b.op("Cast", [value], { to: 7 }) : value, mask: undefined };
    });
    const outputs = walkModel(this.#model, inputs, (layer, call, flows) => this.#visit(layer, call, flows, []));
    const names = new Set<string>();
    outputs.forEach(({ value }) => {
      // A model may yield a value twice, or what it is fed; a graph names each of its outputs.
      const isOwn = !names.has(value) && !inputs.some((input) => input.value === value);
      const name = isOwn ? value : b.rename(value, b.fresh(`${value}/output`), b.mark);
      names.add(name);
      b.output({ name, dtype: "float32", dims: undefined });
    });
    const graph = b.graph(this.#model.name);
    const { nodes, parameters } = graph;
    const layers = [...this.#records.values()];
    const owners = this.#owners;
    const origin: LayersOrigin = { kind: "layers-model", file: this.#file, nodes, parameters, owners, layers };
    return { ...graph, origin };
  }

  #visit(layer: Layer, call: LayerCall, flows: readonly Flow[], path: readonly string[]): Flow[] {
    const own = [...path, layer.name];
    if (!isModel(layer)) return this.#emit(layer, call, flows, own);
    const entries = flows.map((flow, i) => ({ ...flow, value: this.#declare(layer, i, flow.value, own) }));
    return walkModel(layer, entries, (inner, innerCall, inputs) => this.#visit(inner, innerCall, inputs, own));
  }

  /** The entry of a nested model, which states the sizes that it takes. */
  #declare(model: LayersModel, input: number, value: string, path: readonly string[]): string {
    const b = this.#b;
    const { sourceLayer, shape } = model.inputs[input]!;
    b.scope = path.join("/");
    const shared = (this.#calls.get(model) ?? 1) > 1;
    const reason = `enters ${model.name}, a model that is called twice and states one size`;
    const x = shared ? b.foreign(TFJS_DOMAIN, "Keep", [value], { reason }, 1)[0]! : value;
    const dims = shape.map((size) => size ?? -1);
    const [y] = b.foreign(TFJS_DOMAIN, "Declare", [x], { dims }, 1);
    this.#record(sourceLayer, [...path, sourceLayer.name], y!);
    return y!;
  }

  #record(layer: Layer, path: readonly string[], output: string): void {
    const key = path.join("/");
    const known = this.#records.get(key);
    if (known) known.outputs.push(output);
    else this.#records.set(key, { className: layer.getClassName(), path, weights: this.#weightsOf(layer), outputs: [output] }); // prettier-ignore
  }

  #weightsOf(layer: Layer): Map<string, string> {
    return new Map([...weightsOf(layer)].map(([key, weight]) => [key, this.#names.get(weight.originalName) ?? weight.originalName])); // prettier-ignore
  }

  #emit(layer: Layer, call: LayerCall, flows: readonly Flow[], path: readonly string[]): Flow[] {
    const b = this.#b;
    const name = path.join("/");
    b.scope = name;
    const weights = this.#weightsOf(layer);
    const context = this.#contextOf(layer, call, flows, weights);
    const mark = b.mark;
    let made = ruleFor(layer.getClassName())?.emit(context);
    if (made === undefined) {
      b.rollback(mark);
      made = this.#foreign(layer, call, flows, weights);
    }
    const wanted = (i: number): string => b.fresh(i === 0 ? name : `${name}:${i}`);
    const values = b.renameAll(typeof made === "string" ? [made] : made, wanted, mark);
    this.#record(layer, path, values[0]!);
    for (const value of b.outputsSince(mark)) this.#owners.set(value, name);
    const mask = this.#maskOf(layer, flows, context);
    return values.map((value) => ({ value, mask }));
  }

  #contextOf(
    layer: Layer,
    call: LayerCall,
    flows: readonly Flow[],
    weights: ReadonlyMap<string, string>,
  ): LayerContext {
    const context: LayerContext = {
      b: this.#b,
      layer,
      config: { ...layer.getConfig() },
      inputs: flows.map((flow) => flow.value),
      shapes: call.inputTensors.map((tensor) => tensor.shape),
      outputShapes: call.outputTensors.map((tensor) => tensor.shape),
      calls: this.#calls.get(layer) ?? 1,
      masked: flows.some((flow) => flow.mask !== undefined),
      weight: (key) => this.#parameter(weights.get(key)),
      inner: (inner, inputs, shapes) => {
        const config = { ...inner.getConfig() };
        const own = this.#weightsOf(inner);
        const weight = (key: string): string | undefined => this.#parameter(own.get(key));
        const made = ruleFor(inner.getClassName())?.emit({ ...context, layer: inner, config, inputs, shapes, weight });
        return typeof made === "string" ? made : made?.[0];
      },
    };
    return context;
  }

  #parameter(name: string | undefined): string | undefined {
    if (name === undefined) return undefined;
    const stored = this.#file.weights.find((weight) => weight.name === name);
    if (!stored) throw errorMissingWeight(this.#source, name);
    return this.#b.parameter(tensorOfWeight(stored));
  }

  /** A layer that computes itself. */
  #foreign(layer: Layer, call: LayerCall, flows: readonly Flow[], weights: ReadonlyMap<string, string>): string[] {
    const mask = flows[0]?.mask;
    const parameters = [...weights.values()].map((name) => this.#parameter(name)!);
    const inputs = [...flows.map((flow) => flow.value), ...(mask === undefined ? [] : [mask]), ...parameters];
    const value = { layer, inputs: flows.length, masked: mask !== undefined };
    const outputs = call.outputTensors.length;
    return this.#b.foreign(LAYER_DOMAIN, layer.getClassName(), inputs, { layer: { type: "raw", value } }, outputs);
  }

  /** Which steps of a layer's output count. */
  #maskOf(layer: Layer, flows: readonly Flow[], { config }: LayerContext): string | undefined {
    const b = this.#b;
    if (layer.getClassName() === "Masking") return stepsThatCount(b, flows[0]!.value, config);
    if (layer.getClassName() === "Embedding" && config["maskZero"] === true) {
      const ids = b.op("Cast", [flows[0]!.value], { to: 7 });
      return b.op("Not", [b.op("Equal", [ids, b.ints([0], [])])]);
    }
    if (!("supportsMasking" in layer) || layer.supportsMasking !== true) return undefined;
    if (flows.length > 1 && flows.some((flow) => flow.mask !== undefined)) throw errorMasks(layer.name);
    // A recurrent layer that yields its last state has no steps left.
    return (config["returnSequences"] ?? true) === false ? undefined : flows[0]?.mask;
  }
}

/** Sizes of an input; those that are not fixed have names, by which they can be given. */
function dimsOf(name: string, shape: readonly (number | null)[]): ValueInfo["dims"] {
  const named: readonly (string | undefined)[] = {
    3: ["batch", "time"],
    4: ["batch", "height", "width"],
    5: ["batch", "depth", "height", "width"],
  }[shape.length] ?? ["batch"];
  return shape.map((size, i) => size ?? named[i] ?? `${name}:${i}`);
}

/** How often each layer is called. */
function countCalls(model: LayersModel): Map<Layer, number> {
  const counts = new Map<Layer, number>();
  const visit = (layer: Layer, call: LayerCall): readonly number[] => {
    counts.set(layer, (counts.get(layer) ?? 0) + 1);
    if (isModel(layer)) {
      walkModel(
        layer,
        layer.inputs.map(() => 0),
        visit,
      );
    }
    return call.outputTensors.map(() => 0);
  };
  walkModel(
    model,
    model.inputs.map(() => 0),
    visit,
  );
  return counts;
}

/** The file's name of a weight by the name that the layer has for it: files from Python also name the cell of a layer. */
function namesInFile({ weights }: TfjsFile): Map<string, string> {
  const names = new Map<string, string>();
  for (const { name } of weights) {
    const parts = name.split("/");
    names.set([...parts.slice(0, -2), parts.at(-1)].join("/"), name);
  }
  for (const { name } of weights) names.set(name, name);
  return names;
}
