import type { Graph } from "../graph/graph.ts";
import { analyze, type Analysis } from "../solver/analyze.ts";
import type { Shapes } from "../solver/probe.ts";
import { Network } from "./network.ts";

/** A tiny network that shows one way in which slices hang together. */
export interface SampleNetwork {
  readonly name: string;
  readonly network: Network;
  readonly outputs: readonly string[];
}

const samples: Readonly<Record<string, (net: Network) => string>> = {
  /** Neurons: rows of one matrix, columns of the next. */
  "dense layers": (net) =>
    net.gemm("c", net.relu(net.gemm("b", net.relu(net.gemm("a", net.input("x", ["batch", 5]), 12)), 8)), 3),

  /** Channels that a sum joins, with normalisation. */
  residual: (net) => {
    const a = net.relu(net.batchNorm("bn", net.conv("a", net.input("x", ["batch", 3, 6, 6]), 8, { size: 3 })));
    const inner = net.relu(net.conv("b", a, 12, { size: 3 }));
    return net.gemm(
      "d",
      net.op("Flatten", [net.pool(net.add(a, net.conv("c", inner, 8)))], {}, ([n] = []) => [n!, 8]),
      3,
    );
  },

  /** Channels that a Concat lays side by side, and a Split takes apart. */
  branches: (net) => {
    const x = net.input("x", ["batch", 3, 6, 6]);
    const joined = net.concat([net.relu(net.conv("a", x, 6)), net.relu(net.conv("b", x, 10, { size: 3 }))]);
    const [left, right] = net.split(net.conv("c", joined, 12), [6, 6]);
    return net.conv("d", net.op("Mul", [left!, net.op("Sigmoid", [right!])]), 3);
  },

  /** Channels that a convolution takes in blocks. */
  "grouped convolutions": (net) => {
    const a = net.relu(net.conv("a", net.input("x", ["batch", 3, 6, 6]), 8));
    const b = net.relu(net.conv("b", net.conv("dw", a, 8, { size: 3, group: 8 }), 12));
    return net.conv("d", net.relu(net.conv("c", b, 16, { group: 2 })), 3);
  },

  /** Heads, and the dimension of each. */
  attention: (net) => {
    const x = net.input("x", ["batch", 5, 6]);
    const [q, k, v] = ["q", "k", "v"].map((name) => net.reshape(net.linear(name, x, 12), [0, 0, 3, 4]));
    const scores = net.matMul(net.transpose(q!, [0, 2, 1, 3]), net.transpose(k!, [0, 2, 3, 1]));
    const mixed = net.matMul(net.op("Softmax", [scores]), net.transpose(v!, [0, 2, 1, 3]));
    return net.linear("out", net.reshape(net.transpose(mixed, [0, 2, 1, 3]), [0, 0, 12]), 3);
  },
};

/** The networks that plug-ins are held to; made anew at every call. */
export function sampleNetworks(): SampleNetwork[] {
  return Object.entries(samples).map(([name, build]) => {
    const network = new Network();
    return { name, network, outputs: [build(network)] };
  });
}

/** What can be cut from a sample (or from the same network with other weights), inexact groups and all readings included. */
export function analyzeSample({ network, outputs }: SampleNetwork, graph?: Graph): Promise<Analysis> {
  const shapes = (unshared: Graph): Promise<Shapes> => Promise.resolve(network.shapes(unshared));
  return analyze(graph ?? network.graph(...outputs), shapes, { width: true, heads: "both" });
}
