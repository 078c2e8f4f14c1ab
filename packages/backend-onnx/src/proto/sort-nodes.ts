import { capturedNames, describeNode, type Node } from "@prune/core";

/**
 * Nodes in an order in which every value is made before it is read. Stable: a list in order already comes back as it is.
 * @param cycle makes the error for a node that reads, through others, what it makes itself
 */
export function sortNodes(nodes: readonly Node[], cycle: (node: string) => Error): readonly Node[] {
  if (inOrder(nodes)) return nodes;
  const producers = new Map<string, number>();
  for (const [i, node] of nodes.entries()) for (const name of node.outputs) if (name) producers.set(name, i);
  const needs = nodes.map((node) => needsOf(node, producers));
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

/** Whether no node reads what a later one (or itself) makes. */
function inOrder(nodes: readonly Node[]): boolean {
  const later = new Set<string>();
  for (let i = nodes.length - 1; i >= 0; i--) {
    const node = nodes[i]!;
    for (const name of node.outputs) if (name) later.add(name);
    for (const name of node.inputs) if (later.has(name)) return false;
    for (const name of capturedNames(node)) if (later.has(name)) return false;
  }
  return true;
}

/** The nodes whose outputs a node reads, last one first. */
function needsOf(node: Node, producers: ReadonlyMap<string, number>): number[] {
  const needs = [...node.inputs, ...capturedNames(node)].map((name) => producers.get(name));
  return needs.filter((i) => i !== undefined).toReversed();
}
