import { evidenceOf, scoringWith, type AxisRef, type ChannelStatistics, type Scorer } from "@prune/core";
import { denseLayers } from "@prune/core/testing";

type Rows = readonly (readonly number[])[];

/** Samples of a value: a row per index of its features, so that statistics can be read off. */
export type Seen = Readonly<Record<string, Rows>>;

/** What a scorer says, to four digits. */
export interface Said {
  /** Of the neurons that the first layer makes. */
  readonly neurons: () => Promise<number[]>;
  /** Of the weights of the first layer, and of the layer that reads it. */
  readonly first: () => Promise<number[]>;
  readonly second: () => Promise<number[]>;
}

/** `x → out → ReLU → into` (see `denseLayers`), with what was seen of "x", "hidden", "read" and "y". */
export async function said(scorer: Scorer, seen: Seen, out: Rows, into?: Rows): Promise<Said> {
  const { analysis, group, first, second } = await denseLayers(out, into);
  const activations = { of: ({ value }: AxisRef) => statisticsOf(seen[value]!) };
  const scoring = scoringWith(scorer, { analysis, seed: 0, evidence: evidenceOf({ activations }) });
  const rounded = async (scores: Promise<Float32Array>): Promise<number[]> =>
    Array.from(await scores, (s) => Math.round(s * 1e4) / 1e4);
  return {
    neurons: () => rounded(scoring.group(group)),
    first: () => rounded(scoring.weights(first)),
    second: () => rounded(scoring.weights(second!)),
  };
}

function statisticsOf(rows: Rows): ChannelStatistics {
  const meanOf = (f: (y: number) => number): Float64Array =>
    Float64Array.from(rows, (row) => row.reduce((sum, y) => sum + f(y), 0) / row.length);
  return {
    count: rows[0]!.length,
    mean: meanOf((y) => y),
    meanAbs: meanOf(Math.abs),
    meanSquare: meanOf((y) => y * y),
    zeroFraction: meanOf((y) => Number(y === 0)),
  };
}
