import { type Attribute, type Node, nodeOf } from "./node.ts";
import { float32Tensor, int64Tensor, sizeOf, type Tensor } from "./tensor.ts";

type Attributes = Readonly<Record<string, number | string | readonly number[] | Attribute>>;

/**
 * Appends nodes and constants to a graph under construction; every method returns the name of a value. Nodes are
 * standard ONNX operators in the form they have since opset 18, over float32 data.
 */
export class Emitter {
  readonly nodes: Node[] = [];
  readonly parameters: Map<string, Tensor> = new Map<string, Tensor>();
  private readonly prefix: string;
  private readonly constants = new Map<string, string>();
  private count = 0;

  /** @param prefix begins every new name; no value of the graph may begin so */
  constructor(prefix: string) {
    this.prefix = prefix;
  }

  /** A node of one output. */
  op(type: string, inputs: readonly (string | undefined)[], attributes: Attributes = {}): string {
    return this.ops(type, inputs, attributes, 1)[0]!;
  }

  /** A node of several outputs. */
  ops(type: string, inputs: readonly (string | undefined)[], attributes: Attributes, outputs: number): string[] {
    const name = this.fresh(type);
    const names = Array.from({ length: outputs }, (_, i) => (outputs === 1 ? name : `${name}.${i}`));
    const given = inputs.map((input) => input ?? "");
    while (given.at(-1) === "") given.pop();
    this.nodes.push(nodeOf(type, given, names, attributes));
    return names;
  }

  /** A name no other value has. */
  fresh(hint: string): string {
    return `${this.prefix}${hint}_${this.count++}`;
  }

  /** An int64 constant. */
  ints(values: readonly number[], dims: readonly number[] = [values.length]): string {
    return this.constant(`ints ${dims.join()} ${values.join()}`, (name) => int64Tensor(name, values, dims));
  }

  /** A float32 constant. */
  floats(values: ArrayLike<number>, dims: readonly number[] = [values.length]): string {
    const name = this.fresh("constant");
    this.parameters.set(name, float32Tensor(name, values, dims));
    return name;
  }

  /** A float32 scalar. */
  scalar(value: number): string {
    return this.constant(`float ${value}`, (name) => float32Tensor(name, [value], []));
  }

  /** A float32 tensor of zeros, made at run time: it takes no room in the graph. */
  zeros(dims: readonly number[]): string {
    return this.op("ConstantOfShape", [this.ints(dims)]);
  }

  add(a: string, b: string): string {
    return this.op("Add", [a, b]);
  }

  sub(a: string, b: string): string {
    return this.op("Sub", [a, b]);
  }

  mul(a: string, b: string): string {
    return this.op("Mul", [a, b]);
  }

  div(a: string, b: string): string {
    return this.op("Div", [a, b]);
  }

  neg(x: string): string {
    return this.op("Neg", [x]);
  }

  /** `x` times a number. */
  scale(x: string, factor: number): string {
    return factor === 1 ? x : this.mul(x, this.scalar(factor));
  }

  /** `x` plus a number. */
  shift(x: string, summand: number): string {
    return summand === 0 ? x : this.add(x, this.scalar(summand));
  }

  /** The sum of any number of values of one shape. */
  sum(values: readonly string[]): string {
    if (values.length === 1) return values[0]!;
    return this.op(values.length === 2 ? "Add" : "Sum", values);
  }

  matMul(a: string, b: string): string {
    return this.op("MatMul", [a, b]);
  }

  /** `condition ? a : b`; b defaults to 0. */
  where(condition: string, a: string, b: string = this.scalar(0)): string {
    return this.op("Where", [condition, a, b]);
  }

  reshape(x: string, dims: readonly number[]): string {
    return this.op("Reshape", [x, this.ints(dims)]);
  }

  transpose(x: string, perm: readonly number[]): string {
    return perm.every((axis, i) => axis === i) ? x : this.op("Transpose", [x], { perm });
  }

  /** `x`, of the given rank, with its last two axes exchanged. */
  swapLastTwo(x: string, rank: number): string {
    const perm = Array.from({ length: rank }, (_, i) => i);
    return this.transpose(x, [...perm.slice(0, -2), rank - 1, rank - 2]);
  }

  expand(x: string, dims: readonly number[]): string {
    return this.op("Expand", [x, this.ints(dims)]);
  }

  /** Sums (means, maxima, …) over some axes; `keep` leaves them there with size 1. */
  reduce(type: string, x: string, axes: readonly number[], keep = true): string {
    return this.op(type, [x, this.ints(axes)], { keepdims: keep ? 1 : 0 });
  }

  /** Indices `start`, `start + step`, … before `end` of some axes. */
  slice(
    x: string,
    axes: readonly number[],
    start: readonly number[],
    end: readonly number[],
    step: readonly number[] = axes.map(() => 1),
  ): string {
    return this.op("Slice", [x, this.ints(start), this.ints(end), this.ints(axes), this.ints(step)]);
  }

  /** Zeros before and after every axis; negative numbers crop. `pads`: all begins, then all ends. */
  pad(x: string, pads: readonly number[]): string {
    return pads.every((p) => p === 0) ? x : this.op("Pad", [x, this.ints(pads)]);
  }

  /** `x` of shape `from`, summed over the axes along which a value of shape `to` was broadcast to it. */
  sumTo(x: string, from: readonly number[], to: readonly number[]): string {
    const extra = from.length - to.length;
    const axes = from.flatMap((size, i) => (i < extra || (to[i - extra] === 1 && size !== 1) ? [i] : []));
    if (!axes.length) return x;
    const summed = sizeOf(from) === sizeOf(to) ? x : this.reduce("ReduceSum", x, axes);
    return extra > 0 || summed === x ? this.reshape(summed, to) : summed;
  }

  private constant(key: string, make: (name: string) => Tensor): string {
    const known = this.constants.get(key);
    if (known !== undefined) return known;
    const name = this.fresh("constant");
    this.constants.set(key, name);
    this.parameters.set(name, make(name));
    return name;
  }
}
