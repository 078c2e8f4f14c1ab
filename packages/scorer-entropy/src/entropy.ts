import { errorBadOption, mapWeights, unitMeans, type AxisRef, type ScoreContext, type Scorer } from "@prune/core";

export interface EntropyOptions {
  /** Which units go first: those of "lowest" entropy, or those of "highest". Default "lowest". */
  readonly remove?: "lowest" | "highest";
  /** Number of bins, at least 2. Default 8. */
  readonly bins?: number;
  /** What the bins divide: each "channel"'s own range, or the range "shared" by all channels of a layer. Default "shared". */
  readonly range?: "channel" | "shared";
}

/**
 * Entropy of activations: `H_u = −Σ_b p_b·ln p_b`. Every sample of the calibration set gives one number per unit, its mean
 * over all positions; the range from the smallest to the largest number is divided into equal bins, and p_b is the fraction
 * of samples in bin b. A unit that yields the same whatever it is shown has an entropy of 0. Activations are those that
 * the layers which read the unit are given; where none does, those that its layers yield. A unit's indices, and the
 * layers that read it, are averaged. Of a single weight, the importance of its input.
 *
 * With a range per channel only the shape of the distribution counts; with a shared range its width counts too, and units
 * that hardly vary compared to others have a low entropy.
 *
 * Source: Luo & Wu 2017, "An Entropy-based Pruning Method for CNN Compression", arXiv:1706.05791, sec. 3.2, which
 * removes the lowest. With `remove: "highest"` the importance is `ln(bins) − H_u`.
 * @returns importances in [0, ln(bins)]; higher means keep
 * @throws {PruneError} `bad-option`
 */
export function entropy({ remove = "lowest", bins = 8, range = "shared" }: EntropyOptions = {}): Scorer {
  if (remove !== "lowest" && remove !== "highest") throw errorBadOption("remove", '"lowest" or "highest"', remove);
  if (range !== "channel" && range !== "shared") throw errorBadOption("range", '"channel" or "shared"', range);
  if (!(Number.isInteger(bins) && bins >= 2)) throw errorBadOption("bins", "a whole number from 2", bins);
  const importance = (axis: AxisRef, { evidence }: ScoreContext): Float64Array => {
    const { samples, values } = evidence.get("samples").of(axis);
    const entropies = entropiesOf(values, samples, bins, range);
    return remove === "lowest" ? entropies : entropies.map((h) => Math.log(bins) - h);
  };
  return {
    name: "entropy",
    needs: ["samples"],
    weights: "outgoing",
    aggregate: "mean",
    scoreMember: (member, group, context) =>
      unitMeans(context.analysis, group, member, (axis) => importance(axis, context)),
    scoreWeights: (layer, context) => {
      const inputs = importance(layer.input, context);
      return mapWeights(layer, (_, input) => inputs[input]!);
    },
  };
}

/** The entropy of every column of a matrix of samples × channels. */
function entropiesOf(values: Float32Array, samples: number, bins: number, range: "channel" | "shared"): Float64Array {
  const size = samples ? values.length / samples : 0;
  const shared = range === "shared" ? boundsOf(values, 0, 1) : undefined;
  return Float64Array.from({ length: size }, (_, channel) => {
    const [low, high] = shared ?? boundsOf(values, channel, size);
    const counts = new Float64Array(bins);
    for (let at = channel; at < values.length; at += size) {
      const place = high > low ? ((values[at]! - low) / (high - low)) * bins : 0;
      counts[Math.min(bins - 1, Math.floor(place))]!++;
    }
    return counts.reduce((h, n) => (n ? h - (n / samples) * Math.log(n / samples) : h), 0);
  });
}

function boundsOf(values: Float32Array, from: number, step: number): [low: number, high: number] {
  let [low, high] = [Infinity, -Infinity];
  for (let at = from; at < values.length; at += step) {
    low = Math.min(low, values[at]!);
    high = Math.max(high, values[at]!);
  }
  return [low, high];
}
