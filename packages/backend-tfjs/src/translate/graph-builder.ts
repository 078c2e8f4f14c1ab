import { float32Tensor, int64Tensor, nodeOf, type Attribute, type Graph, type Node, type Tensor, type ValueInfo } from "@prune/core"; // prettier-ignore

export type Attributes = Readonly<Record<string, number | string | readonly number[] | Attribute>>;

/** A float attribute; numbers alone become integers. */
export const float = (value: number): Attribute => ({ type: "float", value });

/** Version of ONNX's operator set that translated graphs use. */
const OPSET = 20;

const MOVES: ReadonlySet<string> = new Set("Transpose Reshape Unsqueeze Gather Concat Pad Identity Cast".split(" "));

/** Puts a graph together node by node. Names of values are those of the file wherever it has one. */
export class GraphBuilder {
  readonly #nodes: Node[] = [];
  readonly #parameters = new Map<string, Tensor>();
  readonly #inputs: ValueInfo[] = [];
  readonly #outputs: ValueInfo[] = [];
  readonly #names = new Set<string>();
  /** Names that nodes have been given of what they were translated from. */
  readonly #titles = new Set<string>();
  readonly #integers = new Map<string, string>();
  /** What new values are called after. */
  scope = "";

  /** A name that no other value has. */
  fresh(hint: string): string {
    let name = hint;
    for (let i = 2; this.#names.has(name); i++) name = `${hint}_${i}`;
    this.#names.add(name);
    return name;
  }

  /** Keeps a name for a value that comes later. */
  reserve(name: string): void {
    this.#names.add(name);
  }

  input(value: ValueInfo): string {
    this.#names.add(value.name);
    this.#inputs.push(value);
    return value.name;
  }

  output(value: ValueInfo): void {
    this.#outputs.push(value);
  }

  parameter(tensor: Tensor): string {
    this.#names.add(tensor.name);
    if (!this.#parameters.has(tensor.name)) this.#parameters.set(tensor.name, tensor);
    return tensor.name;
  }

  /** A constant of the translation's own. */
  floats(values: ArrayLike<number>, dims: readonly number[] = [values.length], hint = "constant"): string {
    return this.parameter(float32Tensor(this.fresh(`${this.scope}/${hint}`), values, dims));
  }

  /** Shapes, axes, indices. Equal ones are stored once. */
  ints(values: readonly number[], dims: readonly number[] = [values.length]): string {
    const key = `${dims.join()}:${values.join()}`;
    const known = this.#integers.get(key);
    if (known !== undefined) return known;
    const name = this.parameter(int64Tensor(this.fresh(`${this.scope}/integers`), values, dims));
    this.#integers.set(key, name);
    return name;
  }

  op(type: string, inputs: readonly string[], attributes: Attributes = {}): string {
    return this.ops(type, inputs, attributes, 1)[0]!;
  }

  /** An operator with several outputs; `name` is what reports call it. */
  ops(type: string, inputs: readonly string[], attributes: Attributes, outputs: number): string[] {
    const names = Array.from({ length: outputs }, () => this.fresh(`${this.scope}/${type}`));
    this.#nodes.push(nodeOf(type, inputs, names, attributes, this.#nameOf(type, names[0]!)));
    return names;
  }

  /** The first operator that does more than move data has the name of what it was translated from; names are unique. */
  #nameOf(type: string, fallback: string): string {
    if (MOVES.has(type) || this.#titles.has(this.scope)) return fallback;
    this.#titles.add(this.scope);
    return this.scope;
  }

  /** An operator that is not ONNX's own. */
  foreign(domain: string, type: string, inputs: readonly string[], attributes: Attributes, outputs: number): string[] {
    const names = this.ops(type, inputs, attributes, outputs);
    this.#nodes.push({ ...this.#nodes.pop()!, domain });
    return names;
  }

  /** How far the graph has got; {@link rollback} takes back what came since. */
  get mark(): number {
    return this.#nodes.length;
  }

  rollback(mark: number): void {
    for (const node of this.#nodes.splice(mark)) {
      this.#titles.delete(node.name);
      for (const name of node.outputs) this.#names.delete(name);
    }
  }

  /**
   * Gives a value the name that the file has for it. One that was not made since `mark`, or that something reads by its
   * first name, keeps that name too.
   */
  rename(value: string, name: string, mark: number, again = false): string {
    if (value === name) return name;
    this.#names.add(name);
    const at = this.#nodes.findIndex((node, i) => i >= mark && node.outputs.includes(value));
    const node = again ? undefined : this.#nodes[at];
    if (!node || this.#nodes.slice(at + 1).some((later) => later.inputs.includes(value))) {
      this.#nodes.push(nodeOf("Identity", [value], [name], {}, name));
    } else {
      this.#nodes[at] = { ...node, outputs: node.outputs.map((output) => (output === value ? name : output)) };
      this.#names.delete(value);
    }
    return name;
  }

  /** Gives the outputs of one thing their names, also where it hands one value out several times. */
  renameAll(values: readonly string[], nameOf: (index: number) => string, mark: number): string[] {
    const renamed = new Map<string, string>();
    return values.map((value, i) => {
      const name = this.rename(renamed.get(value) ?? value, nameOf(i), mark, renamed.has(value));
      if (!renamed.has(value)) renamed.set(value, name);
      return name;
    });
  }

  /** Names of all values that were made since. */
  outputsSince(mark: number): string[] {
    return this.#nodes.slice(mark).flatMap((node) => node.outputs);
  }

  graph(name: string): Graph {
    const read = new Set([...this.#nodes.flatMap((node) => node.inputs), ...this.#outputs.map((v) => v.name)]);
    return {
      name,
      nodes: this.#nodes,
      inputs: this.#inputs,
      outputs: this.#outputs,
      parameters: new Map([...this.#parameters].filter(([name]) => read.has(name))),
      opsets: new Map([["", OPSET]]),
    };
  }
}

/** Axes between which an operator with channels second and data with channels last go to and fro. */
const toChannelsFirst = (rank: number): number[] => [0, rank - 1, ...range(rank - 2).map((i) => i + 1)];
const toChannelsLast = (rank: number): number[] => [0, ...range(rank - 2).map((i) => i + 2), 1];

export const range = (count: number): number[] => Array.from({ length: Math.max(0, count) }, (_, i) => i);

/** Runs something on data with channels last as if they were second. */
export function channelsFirst(b: GraphBuilder, x: string, rank: number, make: (x: string) => string): string {
  const y = make(b.op("Transpose", [x], { perm: toChannelsFirst(rank) }));
  return b.op("Transpose", [y], { perm: toChannelsLast(rank) });
}
