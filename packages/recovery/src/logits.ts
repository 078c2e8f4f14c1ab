import { producersOf, type Graph } from "@prune/core";

/** The value that holds what a network answers before a softmax, where it ends in one: else its first output. */
export function logitsOf(graph: Graph): { readonly value: string; readonly softmax: boolean } {
  const output = graph.outputs[0]!.name;
  const last = producersOf(graph).get(output);
  const softmax = last?.opType === "Softmax" || last?.opType === "LogSoftmax";
  return { value: softmax ? last.inputs[0]! : output, softmax };
}
