import {
  dequantized,
  editGraph,
  floatTensor,
  keepInMemory,
  LazyMap,
  requantized,
  storedFloats,
  toFloat32,
  type CutLayers,
  type Graph,
  type Keep,
  type Node,
  type Runtime,
  type Tensor,
} from "@prune/core";

/** A graph whose constants are being given new values. */
export class Draft {
  private current: Graph;
  private readonly constants: Map<string, Tensor>;
  private readonly quantized: CutLayers["quantized"];
  private readonly keep: Keep;
  /** Constants that have new values: where those were put. */
  private readonly values = new LazyMap<Float32Array>();

  /** @param runtime says where new values of constants that are not in memory are put */
  constructor(
    { graph, operands, quantized }: Pick<CutLayers, "graph" | "operands" | "quantized">,
    { keep = keepInMemory }: Pick<Runtime, "keep">,
  ) {
    this.keep = keep;
    this.current = graph;
    this.constants = new Map(operands.constants);
    this.quantized = quantized;
  }

  /** The graph as it is now. */
  get graph(): Graph {
    return this.current;
  }

  /** The elements of a constant as they are now, of integers what they stand for; not to be written to. */
  read(name: string): Float32Array {
    const integers = this.quantized.get(name);
    return this.values.get(name) ?? toFloat32(integers ? dequantized(integers) : this.constants.get(name)!);
  }

  /** Gives a constant new elements; where it holds integers, the nearest that its scale allows. */
  write(name: string, values: Float32Array): void {
    const integers = this.quantized.get(name);
    const keep = this.constants.get(name)!.stored ? this.keep : keepInMemory;
    const { read } = storedFloats(values, keep);
    this.values.set(
      name,
      integers ? () => toFloat32(dequantized({ ...integers, tensor: requantized(integers, read()) })) : read,
    );
    const given = new LazyMap<Float32Array>();
    given.set(name, read);
    this.current = editGraph(this.current, { values: given }, this.quantized);
  }

  /** Changes the elements of a constant in place. */
  change(name: string, how: (values: Float32Array) => void): void {
    const { stored } = this.constants.get(name)!;
    const values = stored ? this.read(name) : Float32Array.from(this.read(name)); // what was fetched is nobody else's
    how(values);
    this.write(name, values);
  }

  /** Gives a node zeros as an input that it lacks. @returns the name of the new constant */
  addInput(node: Node, input: number, size: number, like: string): string {
    const name = `${node.outputs[0]!}/bias`;
    const tensor = floatTensor(name, this.constants.get(like)!.dtype, new Float32Array(size));
    const inputs = Array.from({ length: input + 1 }, (_, i) => (i === input ? name : (node.inputs[i] ?? "")));
    const { nodes, parameters } = this.current;
    this.current = {
      ...this.current,
      nodes: nodes.map((n) => (n.outputs[0] === node.outputs[0] ? { ...n, inputs } : n)),
      parameters: new Map([...parameters, [name, tensor]]),
    };
    this.constants.set(name, tensor);
    return name;
  }
}
