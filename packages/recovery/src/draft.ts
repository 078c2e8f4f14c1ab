import {
  dequantized,
  editGraph,
  floatTensor,
  requantized,
  toFloat32,
  type CutLayers,
  type Graph,
  type Node,
  type Tensor,
} from "@prune/core";

/** A graph whose constants are being given new values. */
export class Draft {
  private current: Graph;
  private readonly constants: Map<string, Tensor>;
  private readonly quantized: CutLayers["quantized"];
  private readonly values = new Map<string, Float32Array>();

  constructor({ graph, operands, quantized }: Pick<CutLayers, "graph" | "operands" | "quantized">) {
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
    const stored = integers ? toFloat32(dequantized({ ...integers, tensor: requantized(integers, values) })) : values;
    this.values.set(name, stored);
    this.current = editGraph(this.current, { values: new Map([[name, values]]) }, this.quantized);
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
