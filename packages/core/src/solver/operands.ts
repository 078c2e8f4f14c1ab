import { opsetOf, type Graph } from "../graph/graph.ts";
import type { Node } from "../graph/node.ts";
import { holdsWeights } from "../graph/dtype.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { OpContext, Operand } from "../ops/define-op.ts";
import { constantsOf } from "./constants.ts";
import type { AxisRef } from "./link.ts";
import type { Shapes } from "./probe.ts";

/** Views of a graph's values for the operators' rules. */
export interface Operands {
  readonly constants: ReadonlyMap<string, Tensor>;
  /** Undefined for a value whose shape the runtime did not report. */
  readonly of: (name: string) => Operand | undefined;
  readonly contextOf: (node: Node) => OpContext;
}

/** Makes the views that rules read: names, sizes, static integers, constants. */
export function operandsOf(graph: Graph, shapes: Shapes): Operands {
  const constants = constantsOf(graph);
  const weights = weightValues(graph, constants);
  const cache = new Map<string, Operand>();
  const of = (name: string): Operand | undefined => {
    const known = cache.get(name);
    const dims = shapes.wide.get(name);
    if (known || !dims || !name) return known;
    const canonical = shapes.canonical.get(name) ?? dims;
    const resolve = (axis: number): number => (axis < 0 ? axis + dims.length : axis);
    const made: Operand = {
      name,
      dims,
      rank: dims.length,
      axis: (axis): AxisRef => ({ value: name, axis: resolve(axis) }),
      dim: (axis) => dims[resolve(axis)]!,
      isDynamic: (axis) => dims[resolve(axis)] !== canonical[resolve(axis)],
      ints: shapes.ints.get(name),
      tensor: constants.get(name),
      isWeight: weights.has(name),
    };
    cache.set(name, made);
    return made;
  };
  return {
    constants,
    of,
    contextOf: (node) => ({
      node,
      in: node.inputs.map(of),
      out: node.outputs.map(of),
      opset: opsetOf(graph, node.domain),
    }),
  };
}

/** Values computed from constants alone, of which at least one holds weights. */
function weightValues(graph: Graph, constants: ReadonlyMap<string, Tensor>): Set<string> {
  const fixed = new Set(constants.keys());
  const weights = new Set<string>();
  for (const [name, tensor] of constants) if (holdsWeights(tensor.dtype)) weights.add(name);
  for (const node of graph.nodes) {
    const inputs = node.inputs.filter(Boolean);
    if (!inputs.length || !inputs.every((name) => fixed.has(name))) continue;
    for (const name of node.outputs) {
      fixed.add(name);
      if (inputs.some((input) => weights.has(input))) weights.add(name);
    }
  }
  return weights;
}
