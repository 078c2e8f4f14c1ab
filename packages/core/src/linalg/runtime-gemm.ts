import { nodeOf } from "../graph/node.ts";
import type { Graph, ValueInfo } from "../graph/graph.ts";
import type { Runtime, RunTensor, Session } from "../model.ts";
import { multiply, type Gemm } from "./gemm.ts";

/** Products with fewer multiply-accumulates stay in JavaScript: the way to the runtime and back would cost more. */
const LEAST_WORK = 2 ** 23;

/** A {@link Gemm} that a runtime carries, until it is released. */
export interface RuntimeGemm {
  readonly gemm: Gemm;
  readonly release: () => Promise<void>;
}

/**
 * Double-precision products by a runtime: a graph of one Gemm node, opened for the first product that is large enough.
 * A runtime that has no double precision leaves all of them to JavaScript.
 */
export function runtimeGemm(runtime: Runtime): RuntimeGemm {
  let opened: Promise<Session | undefined> | undefined;
  const open = (): Promise<Session | undefined> =>
    (opened ??= runtime.open(GRAPH, { cpu: true }).catch(() => undefined));
  return {
    gemm: async (a, b, m, k, n) => {
      const session = m * k * n < LEAST_WORK ? undefined : await open();
      if (!session) return multiply(a, b, m, k, n);
      const { c } = await session.run({ a: float64(a, [m, k]), b: float64(b, [n, k]) });
      return c!.data as Float64Array;
    },
    release: async () => (await opened)?.release(),
  };
}

const float64 = (data: Float64Array, dims: readonly number[]): RunTensor => ({ dtype: "float64", dims, data });

const matrix = (name: string, ...dims: string[]): ValueInfo => ({ name, dtype: "float64", dims });

const GRAPH: Graph = {
  name: "gemm",
  nodes: [nodeOf("Gemm", ["a", "b"], ["c"], { transB: 1 })],
  inputs: [matrix("a", "m", "k"), matrix("b", "n", "k")],
  outputs: [matrix("c", "m", "n")],
  parameters: new Map(),
  opsets: new Map([["", 13]]),
};
