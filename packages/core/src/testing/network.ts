import type { Graph, ValueInfo } from "../graph/graph.ts";
import { nodeOf, type Attribute, type Node } from "../graph/node.ts";
import { float32Tensor, int64Tensor, sizeOf, toNumbers, type Tensor } from "../graph/tensor.ts";
import type { Shapes } from "../solver/probe.ts";
import { inputDims } from "../solver/sample-inputs.ts";

/** Attributes of a node: numbers and lists of numbers are integers, strings are strings, `{ type, value }` is anything. */
export type Attributes = Readonly<Record<string, number | string | readonly number[] | Attribute>>;

/** Sizes of an output: as they are, or from the sizes of the inputs. */
export type DimsRule = readonly number[] | ((...inputs: (readonly number[])[]) => readonly number[]);

/** How a convolution is built. */
export interface ConvOptions {
  /** Side of the square kernel, odd; padding keeps the image's size. Default 1. */
  readonly size?: number;
  /** Default 1. */
  readonly group?: number;
  /** Default true. */
  readonly bias?: boolean;
}

/**
 * Builds small networks whose shapes are known without a runtime, for examples and tests. Every method adds to the
 * network and returns the name of a value; weights are repeatable pseudo-random numbers unless they are given.
 */
export class Network {
  private readonly nodes: Node[] = [];
  private readonly inputs: ValueInfo[] = [];
  private readonly parameters = new Map<string, Tensor>();
  /** Sizes of every value at the canonical input sizes and at the wide ones. */
  private readonly sizes = new Map<string, readonly [canonical: readonly number[], wide: readonly number[]]>();
  private state = 1;
  private readonly opset: number;

  constructor(opset = 17) {
    this.opset = opset;
  }

  /** A float32 input; a string is the name of a dimension whose size varies. */
  input(name: string, dims: readonly (number | string)[]): string {
    this.claim(name);
    const info: ValueInfo = { name, dtype: "float32", dims };
    this.inputs.push(info);
    this.sizes.set(name, [inputDims(info, {}, "canonical"), inputDims(info, {}, "wide")]);
    return name;
  }

  /** A float32 parameter. `values`: all elements, or one number throughout; default pseudo-random in (−0.5, 0.5). */
  weight(name: string, dims: readonly number[], values?: number | ArrayLike<number>): string {
    const data =
      typeof values === "object"
        ? values
        : Float32Array.from({ length: sizeOf(dims) }, () => (typeof values === "number" ? values : this.next()));
    return this.parameter(float32Tensor(name, data, dims));
  }

  /** An int64 parameter, named after its elements; the same elements are the same parameter. */
  ints(values: readonly number[], dims?: readonly number[]): string {
    const name = `ints_${values.join("_")}${dims ? `:${dims.join("_")}` : ""}`;
    return this.parameters.has(name) ? name : this.parameter(int64Tensor(name, values, dims));
  }

  /** Any parameter. */
  parameter(tensor: Tensor): string {
    this.claim(tensor.name);
    this.parameters.set(tensor.name, tensor);
    this.sizes.set(tensor.name, [tensor.dims, tensor.dims]);
    return tensor.name;
  }

  /** A node of one output, by default as large as its first input. The value is called `name`. */
  op(type: string, inputs: readonly string[], attributes: Attributes = {}, dims?: DimsRule, name?: string): string {
    return this.ops(type, inputs, attributes, [dims ?? ((first) => first ?? [])], name)[0]!;
  }

  /** A node of as many outputs as `dims` has entries. Where there are several, they are called `name.0`, `name.1`, … */
  ops(
    type: string,
    inputs: readonly string[],
    attributes: Attributes,
    dims: readonly DimsRule[],
    name = `${type.toLowerCase()}${this.nodes.length}`,
  ): string[] {
    const outputs = dims.length === 1 ? [name] : dims.map((_, i) => `${name}.${i}`);
    for (const output of outputs) this.claim(output);
    dims.forEach((rule, i) => {
      const at = (set: 0 | 1): readonly number[] =>
        typeof rule === "function" ? rule(...inputs.map((input) => this.sizes.get(input)?.[set] ?? [])) : rule;
      this.sizes.set(outputs[i]!, [at(0), at(1)]);
    });
    this.nodes.push(nodeOf(type, inputs, outputs, attributes, name));
    return outputs;
  }

  /** A convolution over two spatial axes, called `name`, with parameters `name.weight` and `name.bias`. */
  conv(name: string, x: string, to: number, { size = 1, group = 1, bias = true }: ConvOptions = {}): string {
    const pad = size >> 1;
    const inputs = [x, this.weight(`${name}.weight`, [to, this.dimsOf(x)[1]! / group, size, size])];
    if (bias) inputs.push(this.weight(`${name}.bias`, [to]));
    return this.op(
      "Conv",
      inputs,
      { group, pads: [pad, pad, pad, pad] },
      ([n, , ...image] = []) => [n!, to, ...image],
      name,
    );
  }

  /** `x · W + b` over the last axis, called `name`, with parameters `name.weight` and `name.bias`. */
  linear(name: string, x: string, to: number): string {
    const weight = this.weight(`${name}.weight`, [this.dimsOf(x).at(-1)!, to]);
    const product = this.op("MatMul", [x, weight], {}, (d = []) => [...d.slice(0, -1), to], `${name}.product`);
    return this.op("Add", [product, this.weight(`${name}.bias`, [to])], {}, undefined, name);
  }

  /** `x · W + b` of a matrix, called `name`, with parameters `name.weight` `[from, to]` and `name.bias`. */
  gemm(name: string, x: string, to: number): string {
    const weight = this.weight(`${name}.weight`, [this.dimsOf(x)[1]!, to]);
    return this.op("Gemm", [x, weight, this.weight(`${name}.bias`, [to])], {}, ([n] = []) => [n!, to], name);
  }

  batchNorm(name: string, x: string): string {
    const of = (part: string, value?: number): string => this.weight(`${name}.${part}`, [this.dimsOf(x)[1]!], value);
    return this.op("BatchNormalization", [x, of("scale"), of("bias"), of("mean"), of("var", 2)], {}, undefined, name);
  }

  relu(x: string): string {
    return this.op("Relu", [x]);
  }

  add(a: string, b: string): string {
    return this.op("Add", [a, b]);
  }

  /** [N, C, …] → [N, C, 1, …] */
  pool(x: string): string {
    return this.op("GlobalAveragePool", [x], {}, ([n, c, ...image] = []) => [n!, c!, ...image.map(() => 1)]);
  }

  concat(inputs: readonly string[], axis = 1): string {
    const rule = (...all: (readonly number[])[]): number[] =>
      all[0]!.map((d, i) => (i === axis ? all.reduce((n, dims) => n + dims[i]!, 0) : d));
    return this.op("Concat", inputs, { axis }, rule);
  }

  split(x: string, sizes: readonly number[], axis = 1): string[] {
    const rules = sizes.map(
      (size) =>
        (d: readonly number[] = []) =>
          d.map((n, i) => (i === axis ? size : n)),
    );
    return this.ops("Split", [x, this.ints(sizes)], { axis }, rules);
  }

  /** `shape` may hold 0 (as it was) and −1 (the rest). */
  reshape(x: string, shape: readonly number[]): string {
    const rule = (d: readonly number[] = []): number[] => {
      const known = shape.map((n, i) => (n === 0 ? d[i]! : n));
      return known.map((n) => (n === -1 ? -sizeOf(d) / sizeOf(known) : n));
    };
    return this.op("Reshape", [x, this.ints(shape)], {}, rule);
  }

  transpose(x: string, perm: readonly number[]): string {
    return this.op("Transpose", [x], { perm }, (d = []) => perm.map((axis) => d[axis]!));
  }

  matMul(a: string, b: string): string {
    return this.op("MatMul", [a, b], {}, (x = [], y = []) => [...x.slice(0, -1), y.at(-1)!]);
  }

  /** Sizes of a value at the canonical input sizes. */
  dimsOf(name: string): readonly number[] {
    const sizes = this.sizes.get(name);
    if (!sizes) throw new Error(`The network has no value "${name}".`);
    return sizes[0];
  }

  /** The network, with the given values as its outputs. */
  graph(...outputs: readonly string[]): Graph {
    return {
      name: "network",
      nodes: this.nodes,
      inputs: this.inputs,
      outputs: outputs.map((name) => ({ name, dtype: "float32", dims: undefined })),
      parameters: this.parameters,
      opsets: new Map([["", this.opset]]),
    };
  }

  /** What a runtime would report of the network, for `analyze`. */
  shapes(graph: Graph): Shapes {
    const [canonical, wide] = [new Map<string, readonly number[]>(), new Map<string, readonly number[]>()];
    const names = [
      ...graph.inputs.map((v) => v.name),
      ...graph.parameters.keys(),
      ...graph.nodes.flatMap((n) => n.outputs),
    ];
    for (const name of names) {
      const sizes = this.sizes.get(name) ?? this.sizes.get(name.replace(/\/copy\d+$/, ""));
      if (!sizes) continue;
      canonical.set(name, sizes[0]);
      wide.set(name, sizes[1]);
    }
    const ints = new Map<string, readonly number[]>();
    for (const [name, tensor] of graph.parameters) if (tensor.dtype === "int64") ints.set(name, toNumbers(tensor));
    return { canonical, wide, ints, sizes: {} };
  }

  private claim(name: string): void {
    if (this.sizes.has(name)) throw new Error(`The network already has a value "${name}".`);
  }

  private next(): number {
    this.state = (Math.imul(this.state, 1103515245) + 12345) & 0x7fffffff;
    return this.state / 0x7fffffff - 0.5;
  }
}
