import { capturedNames, type Graph, type Node, type Tensor, type ValueInfo } from "@prune/core";
import { errorDuplicateInput, errorDuplicateValue, errorUndefinedOutput, errorUndefinedValue } from "../errors.ts";

/** What defines each value of a graph: the position of its node in the file, or {@link GIVEN}. */
export type Definitions = ReadonlyMap<string, number>;

/** Stands for an input or a parameter, which is there before any node runs. */
const GIVEN = -1;

/** The definition of each value. @throws {PruneError} `bad-model` when one has two */
export function definitionsOf(
  nodes: readonly Node[],
  inputs: readonly ValueInfo[],
  parameters: ReadonlyMap<string, Tensor>,
  source: string,
): Definitions {
  const definitions = new Map<string, number>();
  for (const name of parameters.keys()) definitions.set(name, GIVEN);
  for (const { name } of inputs) {
    if (definitions.has(name)) throw errorDuplicateInput(source, name);
    definitions.set(name, GIVEN);
  }
  for (const [i, node] of nodes.entries()) {
    for (const name of node.outputs) {
      if (!name) continue;
      if (definitions.has(name)) throw errorDuplicateValue(source, name, node);
      definitions.set(name, i);
    }
  }
  return definitions;
}

/** Checks that everything a whole graph, bodies included, reads is defined. @throws {PruneError} `bad-model` */
export function checkDefined(graph: Omit<Graph, "origin">, definitions: Definitions, source: string): void {
  for (const node of graph.nodes) {
    for (const name of node.inputs) if (name && !definitions.has(name)) throw errorUndefinedValue(source, name, node);
    for (const name of captures(node)) if (!definitions.has(name)) throw errorUndefinedValue(source, name, node);
  }
  for (const { name } of graph.outputs) if (!definitions.has(name)) throw errorUndefinedOutput(source, name);
}

/** Core's `capturedNames`, without its cost for the nodes that have no body: nearly all. */
export function captures(node: Node): readonly string[] {
  for (const name in node.attributes) if (node.attributes[name]?.type === "graph") return capturedNames(node);
  return NOTHING;
}

const NOTHING: readonly string[] = [];
