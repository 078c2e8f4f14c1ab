import type { Emitter, Operands } from "@prune/core";
import { errorNoGradient } from "./errors.ts";
import type { Step } from "./training-form.ts";

/**
 * Reverse-mode differentiation: appends to a graph the gradients of a scalar.
 * @param steps the computation, in order
 * @param loss name of the scalar
 * @param wanted names of the values whose gradients are wanted
 * @returns the gradients' names; a value that the loss does not depend on is left out
 * @throws {PruneError} `unsupported` for an operator without a rule between a wanted value and the loss
 */
export function differentiate(
  steps: readonly Step[],
  operands: Operands,
  loss: string,
  wanted: ReadonlySet<string>,
  g: Emitter,
): Map<string, string> {
  const needed = new Set(wanted);
  for (const { node, gradient } of steps) {
    if (gradient === "none" || !node.inputs.some((name) => needed.has(name))) continue;
    for (const name of node.outputs) if (name) needed.add(name);
  }
  const parts = new Map<string, string[]>([[loss, [g.scalar(1)]]]);
  const totals = new Map<string, string>();
  const total = (name: string): string | undefined => {
    const known = totals.get(name);
    const own = parts.get(name);
    if (known !== undefined || !own) return known;
    const sum = g.sum(own);
    totals.set(name, sum);
    return sum;
  };
  for (const { node, origin, gradient } of steps.toReversed()) {
    if (gradient === "none" || !node.inputs.some((name) => needed.has(name))) continue;
    const dy = node.outputs.map(total);
    if (dy.every((name) => name === undefined)) continue;
    const needs = (i: number): boolean => needed.has(node.inputs[i] ?? "");
    const results = gradient?.({ ...operands.contextOf(node), dy, needs, g });
    if (!results) throw errorNoGradient(origin);
    results.forEach((name, i) => {
      const input = node.inputs[i];
      if (!name || !input || !needed.has(input)) return;
      const list = parts.get(input);
      if (list) list.push(name);
      else parts.set(input, [name]);
    });
  }
  return new Map([...wanted].flatMap((name) => {
    const sum = total(name);
    return sum === undefined ? [] : [[name, sum] as const];
  })); // prettier-ignore
}
