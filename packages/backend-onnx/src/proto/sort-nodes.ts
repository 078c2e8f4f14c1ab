import { describeNode, type Node } from "@prune/core";
import { captures, type Definitions } from "./definitions.ts";

/**
 * Nodes in an order in which every value is made before it is read. Stable: a list in order already comes back as it is.
 * @param cycle makes the error for a node that reads, directly or through others, what it makes itself
 */
export function sortNodes(
  nodes: readonly Node[],
  definitions: Definitions,
  cycle: (node: string) => Error,
): readonly Node[] {
  if (nodes.every((node, i) => isAfterItsInputs(node, i, definitions))) return nodes;
  const needs = nodes.map((node) => needsOf(node, definitions));
  const sorted: Node[] = [];
  const state = new Uint8Array(nodes.length);
  // Depth first, with a stack of its own: a chain of 20,000 nodes in reverse would exhaust the language's.
  for (const start of nodes.keys()) {
    const stack = [start];
    while (stack.length > 0) {
      const i = stack[stack.length - 1]!;
      const next = state[i] === DONE ? undefined : needs[i]!.pop();
      state[i] ||= OPEN;
      if (next === undefined) {
        stack.pop();
        if (state[i] !== DONE) sorted.push(nodes[i]!);
        state[i] = DONE;
      } else if (state[next] === OPEN) throw cycle(describeNode(nodes[next]!));
      else if (state[next] !== DONE) stack.push(next);
    }
  }
  return sorted;
}

const OPEN = 1;
const DONE = 2;

function isAfterItsInputs(node: Node, position: number, definitions: Definitions): boolean {
  for (const name of node.inputs) if ((definitions.get(name) ?? -1) >= position) return false;
  for (const name of captures(node)) if ((definitions.get(name) ?? -1) >= position) return false;
  return true;
}

/** The nodes whose outputs a node reads, last one first. */
function needsOf(node: Node, definitions: Definitions): number[] {
  const needs = [...node.inputs, ...captures(node)].map((name) => definitions.get(name) ?? -1);
  return needs.filter((i) => i >= 0).toReversed();
}
