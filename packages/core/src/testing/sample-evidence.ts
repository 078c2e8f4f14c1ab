import {
  evidenceOf,
  type ChangingMoments,
  type Evidence,
  type EvidenceKind,
  type EvidenceKinds,
  type HessianEvidence,
} from "../evidence/evidence.ts";
import { float32Tensor, sizeOf, toFloat32 } from "../graph/tensor.ts";
import { multiply } from "../linalg/gemm.ts";
import type { Analysis } from "../solver/analyze.ts";
import type { ChannelGroup } from "../solver/channel-group.ts";
import { unfoldedMatrixOf } from "../solver/layer-matrix.ts";
import { axisKey, type AxisRef } from "../solver/link.ts";
import { unitsAlong } from "../solver/units-along.ts";
import { permuteTensor, sourcesOf } from "./permute-units.ts";

/** Samples that statistics are made up from. */
const SAMPLES = 16;

/** Units that changed places: unit u of a group is now what unit `order[u]` was. */
export interface MovedUnits {
  readonly group: ChannelGroup;
  readonly order: ArrayLike<number>;
}

/**
 * Made-up evidence of every kind, for examples and tests: repeatable, different for every index, at least 0 and now and
 * then exactly 0, as activations are. What was moved keeps the numbers it had before, wherever it is now.
 * @param kinds those that the scorer names under `needs`; the others are refused
 */
export function sampleEvidence(analysis: Analysis, kinds: readonly EvidenceKind[], moved?: MovedUnits): Evidence {
  const all: EvidenceKinds = {
    samples: { of: (axis) => samplesOf(analysis, axis, moved) },
    activations: { of: (axis) => statisticsOf(samplesOf(analysis, axis, moved)) },
    hessian: steadyMoments((layer) =>
      Promise.resolve(layer.unfold && momentsOf(layer, sourcesAlong(analysis, layer.input, moved))),
    ),
    gradients: {
      mean: (tensor) => gradientOf(analysis, tensor, moved),
      meanSquare: (tensor) => gradientOf(analysis, tensor, moved)?.map((g) => g * g * 1.5),
      gates: (group, axis) => gatesOf(analysis, group, axis, moved),
      hessianGradient: (tensor) => Promise.resolve(gradientOf(analysis, tensor, moved)?.map((g) => g * (1 - g))),
    },
    flow: { of: (tensor) => gradientOf(analysis, tensor, moved)?.map((g) => g + 0.5) },
  };
  return evidenceOf(Object.fromEntries(kinds.map((kind) => [kind, all[kind]])));
}

/** Second moments that stay as they are, whatever layers before change. */
export function steadyMoments(of: HessianEvidence["of"]): HessianEvidence {
  const withTargets: ChangingMoments["withTargets"] = async (layer, values) => {
    const moments = await of(layer);
    if (!moments) return undefined;
    const { rows } = layer;
    const { blocks, columns } = moments;
    const matrix = Float64Array.from(unfoldedMatrixOf(layer, values));
    const own = (b: number): Float64Array => matrix.subarray(b * rows * columns, (b + 1) * rows * columns);
    const targets = blocks.map((block, b) => multiply(own(b), block, rows, columns, columns));
    return { ...moments, blocks: blocks.map((block) => block.slice()), targets };
  };
  return { of, after: () => ({ of, withTargets, change: () => undefined }) };
}

/** Which index of the network before the move an index of an axis is. */
function sourcesAlong(analysis: Analysis, axis: AxisRef, moved: MovedUnits | undefined): number[] {
  const length = analysis.operands.of(axis.value)!.dims[axis.axis]!;
  const units = moved && unitsAlong(analysis, moved.group, axis);
  return units ? sourcesOf(length, (i) => units[i]!, moved.order) : Array.from({ length }, (_, i) => i);
}

type Samples = ReturnType<EvidenceKinds["samples"]["of"]>;

function samplesOf(analysis: Analysis, axis: AxisRef, moved: MovedUnits | undefined): Samples {
  const sources = sourcesAlong(analysis, axis, moved);
  const rows = Array.from({ length: SAMPLES }, (_, s) => sources.map((from) => activation(axisKey(axis), from, s)));
  return { samples: SAMPLES, values: Float32Array.from(rows.flat()) };
}

function statisticsOf({ samples, values }: Samples): ReturnType<EvidenceKinds["activations"]["of"]> {
  const size = values.length / samples;
  const meanOf = (f: (y: number) => number): Float64Array =>
    Float64Array.from({ length: size }, (_, i) => {
      let sum = 0;
      for (let s = 0; s < samples; s++) sum += f(values[s * size + i]!);
      return sum / samples;
    });
  return {
    count: samples,
    mean: meanOf((y) => y),
    meanAbs: meanOf(Math.abs),
    meanSquare: meanOf((y) => y * y),
    zeroFraction: meanOf((y) => Number(y === 0)),
  };
}

/** Of every unit, the statistics of the sum over its indices. */
function gatesOf(
  analysis: Analysis,
  group: ChannelGroup,
  axis: AxisRef,
  moved: MovedUnits | undefined,
): ReturnType<EvidenceKinds["gradients"]["gates"]> {
  const units = unitsAlong(analysis, group, axis);
  if (!units) return undefined;
  const { samples, values } = samplesOf(analysis, axis, moved);
  const sums = new Float32Array(samples * group.size);
  values.forEach((value, at) => {
    const unit = units[at % units.length]!;
    if (unit >= 0) sums[Math.floor(at / units.length) * group.size + unit]! += value - 0.5;
  });
  return statisticsOf({ samples, values: sums });
}

type Layer = Analysis["linear"][number];

function momentsOf(
  { blocks, features, kernel, input, inputOf }: Layer,
  sources: readonly number[],
): NonNullable<Awaited<ReturnType<EvidenceKinds["hessian"]["of"]>>> {
  const columns = features * kernel;
  const parts = Array.from({ length: blocks }, (_, block) => {
    const [sums, means] = [new Float64Array(columns * columns), new Float64Array(columns)];
    for (let s = 0; s < SAMPLES; s++) {
      const x = Array.from({ length: columns }, (_, c) =>
        activation(axisKey(input), sources[inputOf(block, Math.floor(c / kernel))]!, s * kernel + (c % kernel)),
      );
      x.forEach((a, i) => {
        means[i]! += a / SAMPLES;
        x.forEach((b, j) => (sums[i * columns + j]! += (a * b) / SAMPLES));
      });
    }
    return { sums, means };
  });
  return { count: SAMPLES, columns, blocks: parts.map((p) => p.sums), means: parts.map((p) => p.means) };
}

function gradientOf({ operands }: Analysis, name: string, moved: MovedUnits | undefined): Float32Array | undefined {
  const tensor = operands.constants.get(name);
  if (!tensor) return undefined;
  const values = Float32Array.from({ length: sizeOf(tensor.dims) }, (_, i) => activation(name, i, 0) - 0.5);
  const own = float32Tensor(name, values, tensor.dims);
  return toFloat32(moved ? permuteTensor(own, moved.group, moved.order) : own);
}

/** A number in [0, 2), 0 about three times in ten; drawn from what it stands for. */
function activation(key: string, index: number, sample: number): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) h = Math.imul(h ^ key.charCodeAt(i), 0x01000193);
  const draw = (salt: number): number => {
    let z = Math.imul(h ^ Math.imul(salt + 1, 0x9e3779b1) ^ (index << 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return ((z ^ (z >>> 15)) >>> 8) / 2 ** 24;
  };
  return Math.fround(Math.max(0, draw(sample + 1) - 0.3) * (0.5 + 2 * draw(0)));
}
