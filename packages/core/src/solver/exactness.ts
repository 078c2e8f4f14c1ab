import { holdsWeights } from "../graph/dtype.ts";
import { producersOf, type Graph } from "../graph/graph.ts";
import type { Dim } from "./dims.ts";
import type { HandlerLookup } from "./handlers.ts";
import type { Operands } from "./operands.ts";
import type { Mark, Space } from "./space.ts";

/**
 * Why cutting a group is not exact, or undefined when it is: when the original with the cut slices of all weights
 * set to zero computes what the cut model computes. Zeros are followed from the weights through the operators' `zero`
 * rules to wherever an operator sums over the axis or divides by it.
 */
export function inexactness(
  graph: Graph,
  lookup: HandlerLookup,
  operands: Operands,
  space: Space,
  quantized: ReadonlyMap<string, unknown> = new Map(),
): (dims: ReadonlySet<Dim>) => Mark | undefined {
  const producers = producersOf(graph);
  const shuffleRoot = new Map(space.shuffles.flatMap((s) => s.exits.map((e) => [e.value, s.root] as const)));

  const carries = (value: string, dims: ReadonlySet<Dim>): boolean => {
    const operand = operands.of(value);
    return operand !== undefined && operand.dims.some((_, i) => space.dimsOf(operand.axis(i)).some((d) => dims.has(d)));
  };

  /** Whether the group's slices of a value are zero once its weights are; undefined where it has no such slices. */
  const zeroOf = (
    value: string,
    dims: ReadonlySet<Dim>,
    seen: Map<string, boolean | undefined>,
  ): boolean | undefined => {
    if (!value) return undefined;
    if (seen.has(value)) return seen.get(value);
    seen.set(value, undefined);
    let zero: boolean | undefined;
    const node = producers.get(value);
    const root = shuffleRoot.get(value);
    if (root !== undefined) zero = zeroOf(root, dims, seen);
    else if (!carries(value, dims)) zero = undefined;
    else if (operands.constants.has(value))
      zero = holdsWeights(operands.constants.get(value)!.dtype) || quantized.has(value);
    else if (!node) zero = false;
    else {
      const inputs = node.inputs.map((name) => zeroOf(name, dims, seen));
      zero = lookup(node)?.zero?.(inputs, operands.contextOf(node)) ?? false;
    }
    seen.set(value, zero);
    return zero;
  };

  return (dims) => {
    for (const dim of dims) {
      const mark = space.inexact.get(dim);
      if (mark) return mark;
    }
    const seen = new Map<string, boolean | undefined>();
    for (const { kind, axes, mark } of space.conditions) {
      const concerned = axes.filter((axis) => space.dimsOf(axis).some((d) => dims.has(d)));
      if (!concerned.length) continue;
      const zeros = concerned.map((axis) => zeroOf(axis.value, dims, seen) === true);
      if (kind === "needs-zero" ? !zeros.includes(true) : zeros.includes(true)) return mark;
    }
    return undefined;
  };
}
