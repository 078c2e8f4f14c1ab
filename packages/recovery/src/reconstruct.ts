import {
  consumersOf,
  GraphBuilder,
  keptPositions,
  runtimeGemm,
  Trail,
  type Gemm,
  type Graph,
  type RecoveryContext,
  type RecoveryStep,
} from "@prune/core";
import { aimOf, type Aim } from "./aim.ts";
import { biasHome, type BiasHome } from "./bias-home.ts";
import { Draft } from "./draft.ts";
import { eachWeight, equationsOf, unfoldable, type Equation, type Equations } from "./equations.ts";
import { errorBadOption, errorBadRidge } from "./errors.ts";
import { fit, type Fit } from "./fit.ts";
import { currentWeights, emitInputs, emitMoments, emitOutputs, type MomentSums, type RowRange } from "./moments.ts";
import { closer, type Recovered } from "./closer.ts";
import { wantedOf } from "./wanted.ts";

export interface ReconstructOptions {
  /**
   * How strongly weights are held where they are, as a fraction of the mean second moment of a layer's inputs.
   * Default 1e-4. More suits fewer samples.
   */
  readonly ridge?: number;
  /** Bytes of activations, of each of the two networks, that are kept between layers. Default 512 MiB. */
  readonly memory?: number;
  /** Bytes of products of a layer's errors and inputs: as many of its outputs are fitted in one pass. Default 256 MiB. */
  readonly passBytes?: number;
}

/**
 * Fits the weights that stayed, layer by layer in the order of the network, so that every layer yields what it yielded in
 * the original, given what the layers before it, already fitted, feed it. A ridge regression (He et al. 2017, arXiv
 * 1707.06168, equation 4, with a pull towards the weights as they are), from second moments that are computed inside the
 * graph and added up in double precision. Needs no labels. A layer right before the Add of a shortcut is fitted to the
 * sum, so that it takes over the error of the shortcut too. Gates of recurrent layers are fitted to what goes into them,
 * given the states that the original starts each step with: errors of earlier steps do not mislead those that follow.
 * Weights that were masked stay zero.
 * @throws {PruneError} `bad-option` when `ridge` or `passBytes` is not a number above 0, or `memory` not one from 0
 */
export function reconstruct(options: ReconstructOptions = {}): RecoveryStep {
  const { ridge = 1e-4, memory = 2 ** 29, passBytes = 2 ** 28 } = options;
  if (!(ridge > 0 && Number.isFinite(ridge))) throw errorBadRidge(ridge);
  if (!(memory >= 0)) throw errorBadOption("memory", "a number of bytes from 0", memory);
  if (!(passBytes > 0)) throw errorBadOption("passBytes", "a number of bytes above 0", passBytes);
  return { name: "reconstruct", recover: (context) => recover(context, { ridge, memory, passBytes }) };
}

/** Bytes of the second moments of one layer. */
const MOMENT_BYTES = 2 ** 29;

async function recover(
  context: RecoveryContext,
  { ridge, memory, passBytes }: Required<ReconstructOptions>,
): Promise<Recovered> {
  const { analysis, edits, runtime, signal, onProgress } = context;
  const layers = equationsOf(context);
  const draft = new Draft(layers, runtime);
  const data = unfoldable(context);
  const trails = [analysis.graph, layers.graph].map((graph) => new Trail(runtime, graph, data, memory)) as [
    Trail,
    Trail,
  ];
  const { gemm, release } = runtimeGemm(runtime);
  const remarks = passedOver(context);
  const open = new Set(layers.equations.map(({ node }) => node.outputs[0]!));
  let fitted = 0;
  try {
    for (const [i, equation] of layers.equations.entries()) {
      if (signal?.aborted) break;
      onProgress?.(equation.name, i / layers.equations.length);
      const support = supportOf(equation, context);
      const reason = whyNot(equation, draft.graph);
      open.delete(equation.node.outputs[0]!);
      if (reason) {
        remarks.push(`"${equation.name}" was left as it was: it ${reason}.`);
        continue;
      }
      const around = { draft, operands: layers.operands, original: analysis.graph, edits, open };
      const aim = equation.parts[0]!.layer.unfoldOutput ? aimOf(equation, around) : undefined;
      let home: BiasHome | undefined;
      for (const [pass, range] of rangesOf(equation, passBytes).entries()) {
        const sums = await momentsOf({ equation, aim, range }, layers, draft, trails, context);
        // Those of all rows, so that it is known in the first pass.
        if (!sums.moments.ee.every((rows) => rows.every(Number.isFinite))) {
          remarks.push(`"${equation.name}" was left as it was: on the samples it yields numbers that are not finite.`);
          break;
        }
        if (pass === 0) {
          home = biasHome(equation, draft, layers.operands, true);
          fitted++;
        }
        await improve({ equation, range, home }, sums, draft, { ridge, support, gemm });
      }
    }
  } finally {
    await release();
  }
  return closer(context, draft.graph, { layers: fitted, ...(remarks.length ? { remarks } : {}) });
}

/** Says how many layers multiply integers themselves, so that there is no matrix of real numbers to fit. */
function passedOver({ analysis: { layers, linear, quantized } }: RecoveryContext): string[] {
  const known = new Set(linear.map(({ node }) => node.outputs[0]));
  const integers = layers.filter(
    ({ node, weight }) => quantized.has(weight?.name ?? "") && !known.has(node.outputs[0]),
  );
  if (!integers.length) return [];
  const types = [...new Set(integers.map(({ node }) => node.opType))].join(", ");
  const [what, were] = integers.length === 1 ? ["layer", "was"] : ["layers", "were"];
  return [`${integers.length} quantised ${what} (${types}) ${were} passed over: only those behind a DequantizeLinear can be fitted.`]; // prettier-ignore
}

/** Why a layer cannot be fitted. */
function whyNot({ parts, blocks, columns }: Equation, graph: Graph): string | undefined {
  const readers = consumersOf(graph);
  if (parts.some(({ layer }) => !layer.unfold)) return "has inputs that are not known as a matrix";
  if (parts.some(({ layer }) => (readers.get(layer.tensor.name)?.length ?? 0) > 1))
    return "shares its weights with another layer";
  if (8 * blocks * columns ** 2 > MOMENT_BYTES) return `has too many inputs (${columns}) for second moments`;
  return undefined;
}

/** Rows that are fitted in one pass each. */
function rangesOf({ blocks, rows, columns }: Equation, passBytes: number): RowRange[] {
  const height = Math.max(1, Math.floor(passBytes / (8 * blocks * columns)));
  return Array.from({ length: Math.ceil(rows / height) }, (_, i) => [i * height, Math.min(rows, (i + 1) * height)]);
}

/** Sums, over all samples, of what a layer reads and of what its outputs lack. */
async function momentsOf(
  { equation, aim, range }: { readonly equation: Equation; readonly aim: Aim | undefined; readonly range: RowRange },
  { operands }: Equations,
  draft: Draft,
  [before, after]: readonly [Trail, Trail],
  context: RecoveryContext,
): Promise<MomentSums> {
  const wanted = wantedOf(equation, aim, context);
  const builder = new GraphBuilder(draft.graph);
  const target = builder.input({ name: "prune:target", dtype: "float32", dims: undefined });
  const states = wanted.states ? builder.input({ name: "prune:states", dtype: "float32", dims: undefined }) : undefined;
  const x = emitInputs(builder, equation, states);
  const errors = aim ? errorsAt(builder, equation, aim, target) : emitErrors(builder, equation, draft, x, target);
  const sums = emitMoments(builder, equation, x, errors, range);
  const inputs = equation.node.inputs.filter((name) => name && !operands.constants.has(name));
  const asked = [wanted.value, ...(states === undefined ? [] : [wanted.states!])];
  const isLast = range[1] === equation.rows; // before that, the layer runs again
  const original = await before.open(wanted.graph, asked, isLast ? wanted.upTo : wanted.inputs);
  try {
    const now = await after.open(builder.build(), sums.outputs, inputs);
    try {
      for (let i = 0; i < before.batches.length; i++) {
        const values = await original.run(i);
        const given = states === undefined ? {} : { [states]: values[wanted.states!]! };
        sums.add(await now.run(i, { [target]: values[wanted.value]!, ...given }));
      }
    } finally {
      await now.close();
    }
  } finally {
    await original.close();
  }
  return sums;
}

/** Emits what outputs lack of a target further on, per unit of the outputs; zero where they do not reach it. */
function errorsAt(builder: GraphBuilder, { parts, blocks, rows }: Equation, aim: Aim, target: string): string {
  const difference = builder.op("Sub", [target, builder.op("Cast", [aim.value], { to: 1 })]);
  const matrix = parts[0]!.layer.unfoldOutput!(builder, difference);
  const inverse = aim.slope.map((s) => (Math.abs(s) > 1e-12 ? 1 / s : 0));
  const scaled = inverse.every((s) => s === 1) ? matrix : builder.op("Mul", [matrix, builder.float32(inverse)]);
  return blocks === 1 ? scaled : builder.transpose(builder.reshape(scaled, [-1, blocks, rows]), [1, 0, 2]);
}

function emitErrors(
  builder: GraphBuilder,
  equation: Equation,
  draft: Draft,
  x: ReturnType<typeof emitInputs>,
  target: string,
): string {
  const { weights, bias } = currentWeights(equation, draft);
  return builder.op("Sub", [target, emitOutputs(builder, equation, x, weights, bias)]);
}

/** Solves every block and writes the outcome. */
async function improve(
  { equation, range: [from, to], home }: { equation: Equation; range: RowRange; home: BiasHome | undefined },
  { moments }: MomentSums,
  draft: Draft,
  { ridge, support, gemm }: { ridge: number; support: Uint8Array | undefined; gemm: Gemm },
): Promise<void> {
  const { parts, blocks, rows, columns } = equation;
  const fits: Fit[] = [];
  for (let b = 0; b < blocks; b++) {
    const { xx, ex, x } = moments;
    const [e, ee] = [moments.e[b]!.subarray(from, to), moments.ee[b]!.subarray(from, to)];
    const block = { count: moments.count, xx: xx[b]!, ex: ex[b]!, x: x[b]!, e, ee };
    const own = support?.subarray((b * rows + from) * columns, (b * rows + to) * columns);
    fits.push(await fit(block, { ridge, bias: home !== undefined, support: own, gemm }));
  }
  let first = 0;
  for (const { layer } of parts) {
    const start = first;
    draft.change(layer.tensor.name, (values) =>
      eachWeight(layer, (b, r, c, position) => {
        if (r >= from && r < to) values[position]! += fits[b]!.weights[(r - from) * columns + start + c]!;
      }),
    );
    first += layer.features * layer.kernel;
  }
  if (!home) return;
  draft.change(home.tensor, (values) => {
    for (let b = 0; b < blocks; b++)
      for (let r = from; r < to; r++) values[home.at(b, r)]! += home.sign * fits[b]!.bias[r - from]!;
  });
}

/** 1 for weights that may be other than zero, `[blocks, rows, columns]`; undefined where nothing is masked. */
function supportOf(
  { parts, blocks, rows, columns }: Equation,
  { edits, analysis, cut }: RecoveryContext,
): Uint8Array | undefined {
  if (!parts.some(({ layer }) => edits.masks?.get(layer.tensor.name)?.includes(0))) return undefined;
  const support = new Uint8Array(blocks * rows * columns);
  let first = 0;
  for (const { layer } of parts) {
    const mask = edits.masks!.get(layer.tensor.name);
    const from = keptPositions(analysis, cut, layer.tensor.name);
    const start = first;
    eachWeight(layer, (b, r, c, position) => {
      if (!mask || mask[from[position]!]) support[(b * rows + r) * columns + start + c] = 1;
    });
    first += layer.features * layer.kernel;
  }
  return support;
}
