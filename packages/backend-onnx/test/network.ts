import {
  type Attribute,
  float32Tensor,
  floatTensor,
  type Graph,
  int64Tensor,
  type Node,
  nodeOf,
  type Tensor,
  type ValueInfo,
} from "@prune/core";

type Attributes = Readonly<Record<string, number | string | readonly number[] | Attribute>>;

/** Builds small networks for tests: every method adds to the graph and returns the name of a value. */
export class Network {
  private readonly nodes: Node[] = [];
  private readonly inputs: ValueInfo[] = [];
  private readonly parameters = new Map<string, Tensor>();
  private state = 1;
  private readonly opset: number;

  constructor(opset: number) {
    this.opset = opset;
  }

  input(...dims: readonly (number | string)[]): string {
    const name = `input${this.inputs.length}`;
    this.inputs.push({ name, dtype: "float32", dims });
    return name;
  }

  /** A weight of pseudo-random numbers in (−0.5, 0.5), or of one number throughout. */
  weight(dims: readonly number[], value?: number): string {
    const size = dims.reduce((a, b) => a * b, 1);
    return this.add((name) =>
      float32Tensor(
        name,
        Float32Array.from({ length: size }, () => value ?? this.next()),
        dims,
      ),
    );
  }

  /** The same in half precision. */
  half(dims: readonly number[]): string {
    const size = dims.reduce((a, b) => a * b, 1);
    return this.add((name) => floatTensor(name, "float16", Float32Array.from({ length: size }, () => this.next()), dims)); // prettier-ignore
  }

  scalar(value: number): string {
    return this.weight([], value);
  }

  floats(...values: readonly number[]): string {
    return this.add((name) => float32Tensor(name, values));
  }

  ints(...values: readonly number[]): string {
    return this.add((name) => int64Tensor(name, values));
  }

  int32s(...values: readonly number[]): string {
    return this.int32(values);
  }

  int32(values: readonly number[], dims: readonly number[] = [values.length]): string {
    const bytes = new Uint8Array(Int32Array.from(values).buffer);
    return this.add((name) => ({ name, dtype: "int32", dims, bytes: () => bytes }));
  }

  /** Pseudo-random integers of 8 bits, or one number throughout. */
  bytes(dtype: "int8" | "uint8", dims: readonly number[], value?: number): string {
    const size = dims.reduce((a, b) => a * b, 1);
    const bytes = Uint8Array.from({ length: size }, () => value ?? Math.floor(256 * (this.next() + 0.5)));
    return this.add((name) => ({ name, dtype, dims, bytes: () => bytes }));
  }

  op(type: string, inputs: readonly string[], attributes: Attributes = {}): string {
    return this.ops(type, inputs, attributes, 1)[0]!;
  }

  /** An operator with several outputs; `domain:type` for one of another operator set. */
  ops(type: string, inputs: readonly string[], attributes: Attributes, outputs: number): string[] {
    const names = Array.from({ length: outputs }, (_, i) => `value${this.nodes.length}_${i}`);
    const [opType, domain = ""] = type.split(":").toReversed() as [string, string?];
    this.nodes.push({ ...nodeOf(opType, inputs, names, attributes, `${opType}${this.nodes.length}`), domain });
    return names;
  }

  conv(x: string, from: number, to: number, size = 1, group = 1): string {
    const pad = size >> 1;
    const inputs = [x, this.weight([to, from / group, size, size]), this.weight([to])];
    return this.op("Conv", inputs, { group, pads: [pad, pad, pad, pad] });
  }

  linear(x: string, from: number, to: number): string {
    return this.op("Add", [this.op("MatMul", [x, this.weight([from, to])]), this.weight([to])]);
  }

  graph(output: string): Graph {
    return {
      name: "network",
      nodes: this.nodes,
      inputs: this.inputs,
      outputs: [{ name: output, dtype: "float32", dims: undefined }],
      parameters: this.parameters,
      opsets: new Map([
        ["", this.opset],
        ["com.microsoft", 1],
      ]),
    };
  }

  private add(make: (name: string) => Tensor): string {
    const name = `weight${this.parameters.size}`;
    this.parameters.set(name, make(name));
    return name;
  }

  private next(): number {
    this.state = (Math.imul(this.state, 1103515245) + 12345) & 0x7fffffff;
    return this.state / 0x7fffffff - 0.5;
  }
}
