import { editGraph, floatTensor, toFloat32, type Graph, type Node, type Tensor } from "@prune/core";

/** A graph whose constants are being given new values. */
export class Draft {
  private base: Graph;
  private readonly constants: Map<string, Tensor>;
  private readonly values = new Map<string, Float32Array>();
  private known: Graph | undefined;

  constructor(graph: Graph, constants: ReadonlyMap<string, Tensor>) {
    this.base = graph;
    this.constants = new Map(constants);
  }

  /** The graph as it is now. */
  get graph(): Graph {
    return (this.known ??= this.values.size ? editGraph(this.base, { values: this.values }) : this.base);
  }

  /** The elements of a constant as they are now; not to be written to. */
  read(name: string): Float32Array {
    return this.values.get(name) ?? toFloat32(this.constants.get(name)!);
  }

  /** Gives a constant new elements. */
  write(name: string, values: Float32Array): void {
    this.values.set(name, values);
    this.known = undefined;
  }

  /** Gives a node zeros as an input that it lacks. @returns the name of the new constant */
  addInput(node: Node, input: number, size: number, like: string): string {
    const name = `${node.outputs[0]!}/bias`;
    const { dtype } = this.constants.get(like)!;
    const tensor = floatTensor(name, dtype, new Float32Array(size));
    const inputs = Array.from({ length: input + 1 }, (_, i) => (i === input ? name : (node.inputs[i] ?? "")));
    const nodes = this.base.nodes.map((n) => (n.outputs[0] === node.outputs[0] ? { ...n, inputs } : n));
    this.base = { ...this.base, nodes, parameters: new Map([...this.base.parameters, [name, tensor]]) };
    this.constants.set(name, tensor);
    this.known = undefined;
    return name;
  }
}
