import { nodeOf, type Graph } from "@prune/core";
import { concat } from "../proto/chunk.ts";
import { encodeModel } from "../proto/write-model.ts";

/** The smallest model there is, to find out whether a provider works at all. */
export function probeModel(): Uint8Array {
  const value = (name: string) => ({ name, dtype: "float32", dims: [1] }) as const;
  const graph: Graph = {
    name: "probe",
    nodes: [nodeOf("Relu", ["x"], ["y"])],
    inputs: [value("x")],
    outputs: [value("y")],
    parameters: new Map(),
    opsets: new Map([["", 13]]),
  };
  return concat(encodeModel(graph).chunks);
}
