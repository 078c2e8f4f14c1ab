import { capturedNames, type Graph } from "@prune/core";
import { errorDuplicateValue, errorUndefinedOutput, errorUndefinedValue } from "../errors.ts";

/** Checks that every value of a graph has one definition only. @throws {PruneError} `bad-model` */
export function checkSingleAssignment(graph: Omit<Graph, "origin">, source: string): void {
  const defined = new Set([...graph.parameters.keys(), ...graph.inputs.map((v) => v.name)]);
  for (const node of graph.nodes) {
    for (const name of node.outputs) {
      if (!name) continue;
      if (defined.has(name)) throw errorDuplicateValue(source, name, node);
      defined.add(name);
    }
  }
}

/** Checks that everything a whole graph, bodies included, reads is defined. @throws {PruneError} `bad-model` */
export function checkDefined(graph: Omit<Graph, "origin">, source: string): void {
  const defined = new Set([...graph.parameters.keys(), ...graph.inputs.map((v) => v.name), ""]);
  for (const node of graph.nodes) for (const name of node.outputs) defined.add(name);
  for (const node of graph.nodes) {
    for (const name of node.inputs) if (!defined.has(name)) throw errorUndefinedValue(source, name, node);
    for (const name of capturedNames(node)) if (!defined.has(name)) throw errorUndefinedValue(source, name, node);
  }
  for (const { name } of graph.outputs) if (!defined.has(name)) throw errorUndefinedOutput(source, name);
}
