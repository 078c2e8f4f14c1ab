import { floatsOf } from "../floats-in.ts";
import { errorNoStatistics } from "../errors.ts";
import { GraphBuilder } from "../graph/graph-builder.ts";
import type { RunValues } from "../model.ts";
import { axisKey } from "../solver/link.ts";
import { featureAxes } from "./axes.ts";
import type { ActivationEvidence, ChannelStatistics, EvidenceContext, EvidenceProvider } from "./evidence.ts";
import { runOver } from "./runs.ts";

/**
 * Mean, mean |y|, mean y² and the fraction of zeros of what every layer reads and yields, per feature. They are computed
 * as reductions inside the graph, so that a few numbers per feature come back and no feature map; sums over batches are
 * kept in double precision.
 */
export function activations(): EvidenceProvider<"activations"> {
  return { kind: "activations", gather };
}

/** Names of the sums of one axis. */
interface Sums {
  readonly key: string;
  readonly size: number;
  readonly names: readonly [sum: string, abs: string, square: string, nonzero: string, count: string];
}

async function gather({ model, analysis, data, onProgress }: EvidenceContext): Promise<ActivationEvidence> {
  const { graph, operands } = analysis;
  const builder = new GraphBuilder(graph);
  const sums = featureAxes(analysis).map(({ value, axis }): Sums => {
    const { rank, dims } = operands.of(value)!;
    const others = Array.from({ length: rank }, (_, i) => i).filter((i) => i !== axis);
    // Half-precision sums would overflow, and a cast from float to bool is the one test for zero that all opsets have.
    const x = builder.op("Cast", [value], { to: FLOAT });
    const nonzero = builder.op("Cast", [builder.op("Cast", [x], { to: BOOL })], { to: FLOAT });
    const parts = [x, builder.op("Abs", [x]), builder.op("Mul", [x, x]), nonzero];
    const [a, b, c, d] = parts.map((part) => builder.output(builder.sum(part, others)));
    const count = builder.output(builder.op("Size", [value]));
    return { key: axisKey({ value, axis }), size: dims[axis]!, names: [a!, b!, c!, d!, count] };
  });
  const totals = new Map(
    sums.map(({ key, size }) => [key, { count: 0, sums: [0, 1, 2, 3].map(() => new Float64Array(size)) }]),
  );
  const add = (values: RunValues): void => {
    for (const { key, size, names } of sums) {
      const total = totals.get(key)!;
      total.count += Number(values[names[4]]!.data[0]) / size;
      total.sums.forEach((into, i) => {
        const from = floatsOf(values[names[i]!]!);
        for (let j = 0; j < size; j++) into[j]! += from[j]!;
      });
    }
  };
  if (sums.length) await runOver(model.runtime, builder.build(), data, add, onProgress);
  const found = new Map<string, ChannelStatistics>();
  for (const [key, { count, sums: all }] of totals) {
    const [mean, meanAbs, meanSquare, alive] = all.map((sum) => sum.map((s) => s / Math.max(1, count)));
    found.set(key, {
      count,
      mean: mean!,
      meanAbs: meanAbs!,
      meanSquare: meanSquare!,
      zeroFraction: alive!.map((a) => 1 - a),
    });
  }
  return {
    of: (axis) => {
      const statistics = found.get(axisKey(axis));
      if (!statistics) throw errorNoStatistics(axis.value);
      return statistics;
    },
  };
}

/** Numbers of element types, as Cast takes them. */
const FLOAT = 1;
const BOOL = 9;
