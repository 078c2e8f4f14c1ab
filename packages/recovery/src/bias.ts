import { floatsOf, GraphBuilder, runOver, type RecoveryContext, type RecoveryStep, type RunValues } from "@prune/core";
import { biasHome } from "./bias-home.ts";
import { closer, type Recovered } from "./closer.ts";
import { Draft } from "./draft.ts";
import { eachWeight, equationsOf, unfoldable, type Equation, type Part } from "./equations.ts";

/**
 * Folds the mean of what was removed into the biases: `b += Σ (W − W')·E[x]` over the original's inputs x, where W' holds
 * zeros in place of removed inputs and masked weights (FLAP, An et al. 2024, arXiv 2312.11983). Means of a convolution
 * are taken over its windows, so that zeros padded at the border count. A layer without a bias gets one where its
 * operator takes one; failing that the Add or BatchNormalization right behind it takes it over. Needs no labels.
 */
export function bias(): RecoveryStep {
  return { name: "bias", recover };
}

async function recover(context: RecoveryContext): Promise<Recovered> {
  const { analysis, pruned, onProgress } = context;
  const left = equationsOf(context);
  const { operands, equations } = left;
  const draft = new Draft(left, context.runtime);
  const usable = equations.filter(({ parts }) => parts.every(({ original }) => original.unfold));
  const means = await meansOf(usable, context, (fraction) => onProgress?.("means of inputs", fraction));
  const homeless: string[] = [];
  let folded = 0;
  for (const equation of usable) {
    const shifts = shiftsOf(equation, draft, new Draft(analysis, context.runtime), means);
    if (!shifts.some((s) => s !== 0) || !shifts.every(Number.isFinite)) continue;
    const home = biasHome(equation, draft, operands, true);
    if (!home) {
      homeless.push(equation.name);
      continue;
    }
    const { blocks, rows } = equation;
    draft.change(home.tensor, (values) => {
      for (let b = 0; b < blocks; b++)
        for (let r = 0; r < rows; r++) values[home.at(b, r)]! += home.sign * shifts[b * rows + r]!;
    });
    folded++;
  }
  const without = homeless.map((name) => `"${name}" has no bias, and nothing behind it could take one over.`);
  const notes = { layers: folded, ...(without.length ? { remarks: without } : {}) };
  return folded ? closer(context, draft.graph, notes) : { graph: pruned, notes };
}

/** Means of what each part's weights are multiplied with in the original, per block and column. */
async function meansOf(
  equations: readonly Equation[],
  { analysis, runtime, ...context }: RecoveryContext,
  onProgress: (fraction: number) => void,
): Promise<Map<Part, Float64Array>> {
  const builder = new GraphBuilder(analysis.graph);
  const sums = equations.flatMap(({ parts }) =>
    parts.map((part) => {
      const { original } = part;
      const matrix = builder.op("Cast", [original.unfold!(builder)], { to: 1 });
      const sum = builder.output(builder.sum(matrix, [0]));
      const rows = builder.output(builder.op("Gather", [builder.op("Shape", [matrix]), builder.int64([0])]));
      const total = new Float64Array(original.blocks * original.features * original.kernel);
      return { part, sum, rows, total, count: { seen: 0 } };
    }),
  );
  const add = (values: RunValues): void => {
    for (const { sum, rows, total, count } of sums) {
      const from = floatsOf(values[sum]!);
      for (let i = 0; i < total.length; i++) total[i]! += from[i]!;
      count.seen += Number(values[rows]!.data[0]);
    }
  };
  const data = unfoldable({ analysis, data: context.data });
  if (sums.length) await runOver(runtime, builder.build(), data, add, (done, all) => onProgress(done / all));
  return new Map(sums.map(({ part, total, count }) => [part, total.map((s) => s / Math.max(1, count.seen))]));
}

/** What each output loses on average, block by block. */
function shiftsOf(
  { parts, blocks, rows }: Equation,
  draft: Draft,
  before: Draft,
  means: ReadonlyMap<Part, Float64Array>,
): Float64Array {
  const shifts = new Float64Array(blocks * rows);
  for (const part of parts) {
    const { layer, original } = part;
    const from = part.from();
    const mean = means.get(part)!;
    const columns = original.features * original.kernel;
    const values = before.read(original.tensor.name);
    // What the pruned layer has no longer, element by element: exactly zero where nothing changed.
    const lost = Float64Array.from(values);
    const rowAt = new Int32Array(values.length);
    eachWeight(original, (b, r, _, position) => {
      rowAt[position] = b * original.rows + r;
    });
    const now = draft.read(layer.tensor.name);
    const rowNow = new Int32Array(original.blocks * original.rows).fill(-1);
    eachWeight(layer, (b, r, _, position) => {
      const at = from[position]!;
      lost[at]! -= now[position]!;
      rowNow[rowAt[at]!] = b * rows + r;
    });
    eachWeight(original, (b, r, c, position) => {
      const row = rowNow[b * original.rows + r]!;
      if (row >= 0) shifts[row]! += lost[position]! * mean[b * columns + c]!;
    });
  }
  return shifts;
}
