import { opsetOf, type Graph, type ValueInfo } from "./graph.ts";
import { nodeOf, type Attribute, type Node } from "./node.ts";
import { float32Tensor, int64Tensor, type Tensor } from "./tensor.ts";

/** Attributes of an added node: numbers and lists of numbers are integers, strings are strings. */
export type NewAttributes = Readonly<Record<string, number | string | readonly number[] | Attribute>>;

/** Adds nodes and constants to a graph. What operators' rules emit with. */
export interface Emit {
  /** Version of ONNX's own operator set in the graph. */
  readonly opset: number;
  /** Adds a node of one output, and returns the output's name. */
  readonly op: (opType: string, inputs: readonly string[], attributes?: NewAttributes) => string;
  readonly int64: (values: ArrayLike<number>, dims?: readonly number[]) => string;
  readonly float32: (values: ArrayLike<number>, dims?: readonly number[]) => string;
  /** Sum over some axes, which leave the result. */
  readonly sum: (x: string, axes: readonly number[]) => string;
  readonly mean: (x: string, axes: readonly number[]) => string;
  readonly reshape: (x: string, dims: readonly number[]) => string;
  readonly transpose: (x: string, perm: readonly number[]) => string;
}

/** A graph that is being added to. Names it makes begin with `prefix`, which no value of the graph does. */
export class GraphBuilder implements Emit {
  readonly opset: number;
  private readonly base: Graph;
  private readonly prefix: string;
  private readonly nodes: Node[] = [];
  private readonly parameters = new Map<string, Tensor>();
  private readonly outputs: ValueInfo[] = [];
  private readonly inputs: ValueInfo[] = [];
  private count = 0;

  constructor(base: Graph, prefix = "prune:") {
    this.base = base;
    this.prefix = prefix;
    this.opset = opsetOf(base);
  }

  private readonly fresh = (): string => `${this.prefix}${this.count++}`;

  readonly op = (opType: string, inputs: readonly string[], attributes: NewAttributes = {}): string => {
    const name = this.fresh();
    this.nodes.push(nodeOf(opType, inputs, [name], attributes));
    return name;
  };

  /** Adds a node as it is, with outputs that the caller named. */
  readonly node = (node: Node): void => {
    this.nodes.push(node);
  };

  private readonly parameter = (make: (name: string) => Tensor): string => {
    const name = this.fresh();
    this.parameters.set(name, make(name));
    return name;
  };

  readonly int64 = (values: ArrayLike<number>, dims?: readonly number[]): string =>
    this.parameter((name) => int64Tensor(name, values, dims));

  readonly float32 = (values: ArrayLike<number>, dims?: readonly number[]): string =>
    this.parameter((name) => float32Tensor(name, values, dims));

  readonly sum = (x: string, axes: readonly number[]): string => this.reduce("ReduceSum", 13, x, axes);
  readonly mean = (x: string, axes: readonly number[]): string => this.reduce("ReduceMean", 18, x, axes);

  /** Reductions take their axes as an attribute before opset `since`, as an input from then on. */
  private readonly reduce = (opType: string, since: number, x: string, axes: readonly number[]): string => {
    if (!axes.length) return x;
    return this.opset < since
      ? this.op(opType, [x], { axes, keepdims: 0 })
      : this.op(opType, [x, this.int64(axes)], { keepdims: 0 });
  };

  readonly reshape = (x: string, dims: readonly number[]): string => this.op("Reshape", [x, this.int64(dims)]);
  readonly transpose = (x: string, perm: readonly number[]): string => this.op("Transpose", [x], { perm });

  /** Adds an input for callers to feed. */
  readonly input = (value: ValueInfo): string => {
    this.inputs.push(value);
    return value.name;
  };

  /** Makes a value an output of the graph. */
  readonly output = (name: string): string => {
    if (!this.outputs.some((o) => o.name === name)) this.outputs.push({ name, dtype: "other", dims: undefined });
    return name;
  };

  /** The graph with everything that was added. Its outputs are those that were named, and with `keep` the graph's own too. */
  readonly build = (keep = false): Graph => {
    const own = keep ? this.base.outputs : [];
    return {
      ...this.base,
      nodes: [...this.base.nodes, ...this.nodes],
      inputs: [...this.base.inputs, ...this.inputs],
      outputs: [...own, ...this.outputs.filter((o) => !own.some((v) => v.name === o.name))],
      parameters: new Map([...this.base.parameters, ...this.parameters]),
    };
  };
}
