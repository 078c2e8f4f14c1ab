import { editGraph, floatTensor, toFloat32, type Graph, type Node, type Tensor } from "@prune/core";

/** A graph whose constants are being given new values. */
export class Draft {
  private current: Graph;
  private readonly constants: Map<string, Tensor>;
  private readonly values = new Map<string, Float32Array>();

  constructor(graph: Graph, constants: ReadonlyMap<string, Tensor>) {
    this.current = graph;
    this.constants = new Map(constants);
  }

  /** The graph as it is now. */
  get graph(): Graph {
    return this.current;
  }

  /** The elements of a constant as they are now; not to be written to. */
  read(name: string): Float32Array {
    return this.values.get(name) ?? toFloat32(this.constants.get(name)!);
  }

  /** Gives a constant new elements. */
  write(name: string, values: Float32Array): void {
    this.values.set(name, values);
    this.current = editGraph(this.current, { values: new Map([[name, values]]) });
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
