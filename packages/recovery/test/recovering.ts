import { onnxruntimeNode, ortRuntime } from "@prune/backend-onnx/node";
import {
  analyze,
  applyCut,
  cutOf,
  float32Tensor,
  nodeOf,
  probe,
  tensorOf,
  toFloat32,
  withEdits,
  type Analysis,
  type DataSource,
  type Edits,
  type Graph,
  type Node,
  type RecoveryContext,
  type RecoveryStep,
  type Runtime,
  type RunTensor,
  type Tensor,
} from "@prune/core";
import { Network } from "@prune/core/testing";

export const runtime: Runtime = ortRuntime(onnxruntimeNode);

/** Repeatable numbers in [−1, 1), unlike each other. */
export function noise(count: number, seed = 1): Float32Array {
  let state = seed;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

/** Samples of an input "x", noise unless they are given. */
export function samples(
  dims: readonly number[],
  count: number,
  values?: ArrayLike<number>,
  batchSize = 16,
): DataSource {
  const size = dims.reduce((a, b) => a * b, 1);
  const all = Float32Array.from(values ?? noise(count * size));
  const batch: DataSource["batch"] = (from, to) => ({
    x: { dtype: "float32", dims: [to - from, ...dims], data: all.slice(from * size, to * size) },
  });
  return { count, batchSize, batch };
}

/** What is taken out of a network: of every group that may be cut, the units at some positions, and edits. */
export interface Removal {
  readonly units?: (size: number, group: string) => readonly number[];
  readonly edits?: (analysis: Analysis) => Edits;
}

/** Takes something out of a network, for a step to make up for. */
export async function contextOf(graph: Graph, data: DataSource, removal: Removal = {}): Promise<RecoveryContext> {
  const analysis = await analyze(graph, (g) => probe(g, runtime));
  const removed = new Map(
    analysis.groups
      .filter((group) => !group.blocked)
      .map((group) => {
        const gone = new Uint8Array(group.size);
        for (const unit of removal.units?.(group.size, group.id) ?? []) gone[unit] = 1;
        return [group, gone];
      }),
  );
  const edits = removal.edits?.(analysis) ?? {};
  const cut = cutOf(analysis, removed);
  const pruned = applyCut(withEdits(analysis, edits), cut);
  return { analysis, cut, edits, pruned, runtime, data, seed: 0 };
}

/** Runs steps one after another, as `prune` does. */
export async function recovered(context: RecoveryContext, ...steps: readonly RecoveryStep[]): Promise<RecoveryContext> {
  let after = context;
  for (const step of steps) after = { ...after, pruned: (await step.recover(after)).graph };
  return after;
}

/** All elements of a graph's first output, over all samples. */
export async function outputsOf(graph: Graph, data: DataSource): Promise<number[]> {
  const session = await runtime.open(graph);
  const result = await session.run(data.batch(0, data.count));
  await session.release();
  return Array.from((Object.values(result)[0] as RunTensor).data as Float32Array);
}

/** Largest difference of two lists, as a fraction of the largest number of the first. */
export function difference(a: readonly number[], b: readonly number[]): number {
  const largest = Math.max(...a.map(Math.abs));
  return Math.max(...a.map((v, i) => Math.abs(v - b[i]!))) / largest;
}

/** Networks of every kind of layer, each with an input "x" `[batch, …dims]`. */
export const networks: Readonly<Record<string, { readonly graph: Graph; readonly dims: readonly number[] }>> = {
  dense: network([6], (net, x) => net.gemm("c", net.relu(net.gemm("b", net.relu(net.gemm("a", x, 12)), 10)), 3)),
  convolutions: network([3, 6, 6], (net, x) => {
    const a = net.relu(net.conv("a", x, 8, { size: 3 }));
    const b = net.relu(net.batchNorm("n", net.conv("b", a, 8, { size: 3, group: 2, bias: false })));
    return net.gemm("f", net.reshape(net.pool(net.conv("c", b, 8)), [0, -1]), 3);
  }),
  depthwise: network([3, 6, 6], (net, x) => {
    const a = net.relu(net.batchNorm("m", net.conv("a", x, 8, { bias: false })));
    const b = net.relu(net.batchNorm("n", net.conv("b", a, 8, { size: 3, group: 8, bias: false })));
    return net.gemm("f", net.reshape(net.pool(net.conv("c", b, 6)), [0, -1]), 3);
  }),
  residual: network([3, 6, 6], (net, x) => {
    const stem = net.relu(net.conv("a", x, 8, { size: 3 }));
    const branch = net.conv("c", net.relu(net.conv("b", stem, 8, { size: 3 })), 8, { size: 3, bias: false });
    const sum = net.relu(net.add(net.batchNorm("n", branch), stem));
    return net.gemm("f", net.reshape(net.pool(sum), [0, -1]), 3);
  }),
  attention: network([5, 8], (net, x) => {
    const heads = (name: string): string =>
      net.transpose(net.reshape(net.linear(name, x, 12), [0, 0, 3, 4]), [0, 2, 1, 3]);
    const scores = net.matMul(heads("q"), net.transpose(heads("k"), [0, 1, 3, 2]));
    const mixed = net.matMul(net.op("Softmax", [scores], { axis: -1 }), heads("v"));
    const out = net.linear("o", net.reshape(net.transpose(mixed, [0, 2, 1, 3]), [0, 0, 12]), 8);
    const sum = net.add(x, out);
    return net.add(sum, net.linear("f2", net.relu(net.linear("f1", sum, 16)), 8));
  }),
  lstm: recurrent("LSTM", 4, "forward"),
  "bidirectional LSTM": recurrent("LSTM", 4, "bidirectional"),
  gru: recurrent("GRU", 3, "reverse"),
  rnn: recurrent("RNN", 1, "forward"),
};

function network(
  dims: readonly number[],
  build: (net: Network, x: string) => string,
): { graph: Graph; dims: readonly number[] } {
  const net = new Network();
  return { graph: net.graph(build(net, net.input("x", ["batch", ...dims]))), dims };
}

function recurrent(type: string, gates: number, direction: string): ReturnType<typeof network> {
  return network([5, 4], (net, x) => {
    const directions = direction === "bidirectional" ? 2 : 1;
    const layer = (name: string, input: string, hidden: number): string => {
      const weight = (part: string, ...dims: number[]): string => net.weight(`${name}.${part}`, [directions, ...dims]);
      const features = net.dimsOf(input)[2]!;
      const parameters = [
        weight("W", gates * hidden, features),
        weight("R", gates * hidden, hidden),
        weight("B", 2 * gates * hidden),
      ];
      const attributes = { hidden_size: hidden, direction: { type: "string", value: direction } as const };
      const states = net.op(
        type,
        [input, ...parameters],
        attributes,
        ([s, n] = []) => [s!, directions, n!, hidden],
        name,
      );
      return net.reshape(net.transpose(states, [0, 2, 1, 3]), [0, 0, directions * hidden]);
    };
    const steps = net.transpose(x, [1, 0, 2]);
    const states = layer("second", layer("first", steps, 8), 6);
    return net.linear("f", net.transpose(states, [1, 0, 2]), 3);
  });
}

/** The graph with its matrices stored as 8-bit integers, each behind a DequantizeLinear with a scale per index of axis 0. */
export function quantizedWeights(graph: Graph): Graph {
  const parameters = new Map<string, Tensor>();
  const made: Node[] = [];
  for (const [name, tensor] of graph.parameters) {
    const { dims } = tensor;
    if (tensor.dtype !== "float32" || dims.length < 2) {
      parameters.set(name, tensor);
      continue;
    }
    const values = toFloat32(tensor);
    const inner = values.length / dims[0]!;
    const scales = Float32Array.from({ length: dims[0]! }, (_, i) =>
      values.slice(i * inner, (i + 1) * inner).reduce((most, w) => Math.max(most, Math.abs(w) / 100), 1e-6),
    );
    const integers = Int8Array.from(values, (w, i) => Math.round(w / scales[Math.floor(i / inner)]!));
    parameters.set(`${name}/q`, tensorOf(`${name}/q`, "int8", dims, new Uint8Array(integers.buffer)));
    parameters.set(`${name}/scale`, float32Tensor(`${name}/scale`, scales));
    made.push(nodeOf("DequantizeLinear", [`${name}/q`, `${name}/scale`], [name], { axis: 0 }));
  }
  return { ...graph, nodes: [...made, ...graph.nodes], parameters };
}
