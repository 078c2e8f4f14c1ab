import { floatsOf } from "../floats-in.ts";
import { errorNoStatistics } from "../errors.ts";
import { GraphBuilder } from "../graph/graph-builder.ts";
import type { RunValues } from "../model.ts";
import type { Analysis } from "../solver/analyze.ts";
import { axisKey, type AxisRef } from "../solver/link.ts";
import { featureAxes } from "./axes.ts";
import type { EvidenceContext, EvidenceProvider, SampleEvidence } from "./evidence.ts";
import { runOver } from "./runs.ts";

/** What every layer reads and yields, sample by sample: each feature averaged over positions inside the graph. */
export function samples(): EvidenceProvider<"samples"> {
  return { kind: "samples", gather };
}

async function gather({ model, analysis, data, onProgress }: EvidenceContext): Promise<SampleEvidence> {
  const builder = new GraphBuilder(analysis.graph);
  const axes = featureAxes(analysis).map((axis) => ({ key: axisKey(axis), name: pooled(builder, analysis, axis) }));
  const rows = new Map(axes.map(({ key }) => [key, [] as Float32Array[]]));
  const add = (values: RunValues): void => {
    for (const { key, name } of axes) rows.get(key)!.push(floatsOf(values[name]!));
  };
  if (axes.length) await runOver(model.runtime, builder.build(), data, add, onProgress);
  return {
    of: (axis) => {
      const parts = rows.get(axisKey(axis));
      if (!parts) throw errorNoStatistics(axis.value);
      const values = new Float32Array(parts.reduce((n, part) => n + part.length, 0));
      let at = 0;
      for (const part of parts) {
        values.set(part, at);
        at += part.length;
      }
      return { samples: values.length / analysis.operands.of(axis.value)!.dims[axis.axis]!, values };
    },
  };
}

/** Emits `[samples, features]`: the mean over all axes but the batch and the features. */
function pooled(builder: GraphBuilder, { shapes }: Analysis, { value, axis }: AxisRef): string {
  const [canonical, wide] = [shapes.canonical.get(value)!, shapes.wide.get(value)!];
  const varies = canonical.findIndex((d, i) => i !== axis && d === 1 && wide[i] === 2);
  // A graph of fixed batch size has it first; where batch and positions share an axis, every position is a sample.
  const batch = varies >= 0 ? varies : canonical.findIndex((_, i) => i !== axis);
  const others = canonical.map((_, i) => i).filter((i) => i !== axis && i !== batch);
  const mean = builder.mean(builder.op("Cast", [value], { to: 1 }), others);
  return builder.output(batch > axis ? builder.transpose(mean, [1, 0]) : mean);
}
