import {
  consumersOf,
  cutLayers,
  floatsOf,
  GraphBuilder,
  Trail,
  type Node,
  type Operands,
  type RecoveryContext,
  type RecoveryStep,
  type RunValues,
} from "@prune/core";
import { normalisation } from "./aim.ts";
import { closer, type Recovered } from "./closer.ts";
import { Draft } from "./draft.ts";

/**
 * Gives every BatchNormalization the mean and variance that its inputs have in the pruned network: what comes through the
 * layers before it has changed. They are taken in the order of the network, each with those before it already renewed.
 * Where the network has none, or they were folded into their layers, nothing is done. Needs no labels.
 */
export function bn(): RecoveryStep {
  return { name: "bn", recover };
}

const NONE = "The network has no BatchNormalization; where it had, it was folded into the layers.";

/** Bytes of activations that are kept from one layer to the next. */
const MEMORY = 2 ** 29;

async function recover(context: RecoveryContext): Promise<Recovered> {
  const { analysis, cut, pruned, runtime, data, signal, onProgress } = context;
  const left = cutLayers(analysis, cut, pruned);
  const { graph, operands } = left;
  const draft = new Draft(left, runtime);
  const readers = consumersOf(graph);
  const isOwn = (name: string | undefined): boolean => readers.get(name ?? "")?.length === 1;
  const nodes = graph.nodes.filter(
    ({ opType, inputs }) => opType === "BatchNormalization" && isOwn(inputs[3]) && isOwn(inputs[4]),
  );
  const usable = nodes.filter(
    (node) => normalisation(node, draft, operands) && operands.constants.has(node.inputs[3]!),
  );
  if (!usable.length) return { graph: pruned, notes: { layers: 0, remarks: [NONE] } };
  const trail = new Trail(runtime, graph, data, MEMORY);
  for (const [i, node] of usable.entries()) {
    if (signal?.aborted) break;
    onProgress?.(node.name, i / usable.length);
    await renew(node, draft, operands, trail);
  }
  return closer(context, draft.graph, { layers: usable.length });
}

/** Gathers the mean and variance of what a BatchNormalization reads, and writes them. */
async function renew(node: Node, draft: Draft, operands: Operands, trail: Trail): Promise<void> {
  const [x, , , mean, variance] = node.inputs as [string, string, string, string, string];
  const { rank } = operands.of(x)!;
  const old = draft.read(mean);
  const builder = new GraphBuilder(draft.graph);
  const others = Array.from({ length: rank }, (_, i) => i).filter((i) => i !== 1);
  // Taken from about the mean, squares do not drown in it.
  const about = builder.op("Sub", [
    builder.op("Cast", [x], { to: 1 }),
    builder.float32(old, [old.length, ...others.slice(1).map(() => 1)]),
  ]);
  const names = {
    sum: builder.output(builder.sum(about, others)),
    square: builder.output(builder.sum(builder.op("Mul", [about, about]), others)),
    size: builder.output(builder.op("Size", [x])),
  };
  const [sum, square] = [new Float64Array(old.length), new Float64Array(old.length)];
  let count = 0;
  const add = (values: RunValues): void => {
    const [s, q] = [floatsOf(values[names.sum]!), floatsOf(values[names.square]!)];
    for (let c = 0; c < old.length; c++) {
      sum[c]! += s[c]!;
      square[c]! += q[c]!;
    }
    count += Number(values[names.size]!.data[0]) / old.length;
  };
  const stretch = await trail.open(builder.build(), Object.values(names), [x]);
  try {
    for (let i = 0; i < trail.batches.length; i++) add(await stretch.run(i));
  } finally {
    await stretch.close();
  }
  const off = sum.map((s) => s / Math.max(1, count));
  if (![...off, ...square].every(Number.isFinite) || count === 0) return;
  draft.write(
    mean,
    old.map((m, c) => m + off[c]!),
  );
  draft.write(
    variance,
    Float32Array.from(square, (q, c) => Math.max(0, q / count - off[c]! ** 2)),
  );
}
