import type { Emitter } from "@prune/core";
import { errorBadOption, errorLossShape, errorNoLabels } from "../errors.ts";
import { type Loss, meanOf, outputOf } from "./loss.ts";

export interface CtcOptions {
  /** The class that stands for no label. Default 0. */
  readonly blank?: number;
  /** Whether the scores are `[T, N, C]`, time first, instead of `[N, T, C]`. Default false. */
  readonly timeFirst?: boolean;
  /** Name of the scores. Default: the first output. */
  readonly output?: string;
}

/** Steps in time that are written out; each takes ten nodes of the training graph. */
const MOST_STEPS = 1024;

/** The logarithm of nothing: finite, so that no difference of two is undefined. */
const NEVER = -1e30;

/**
 * Connectionist temporal classification: the mean over samples of `−log p(labels | scores)`, where p sums over all ways to
 * spread the labels over the time steps, with blanks between and repetitions. Scores `[N, T, C]` go through a softmax.
 * Labels are integers `[N, S]`, classes other than the blank; shorter sequences are filled up with −1 at the end. All T
 * steps count. A sample whose labels do not fit into T steps, or are no classes (its probability is 0), counts 0.
 *
 * The forward variables are computed in the log domain, one group of nodes per time step; at most 1024 steps.
 * Source: Graves et al. 2006, "Connectionist Temporal Classification", ICML, eq. 5 to 8.
 * @throws {PruneError} `bad-option`; while a graph is built, `bad-data`
 */
export function ctc({ blank = 0, timeFirst = false, output }: CtcOptions = {}): Loss {
  if (!(Number.isInteger(blank) && blank >= 0)) throw errorBadOption("blank", "a class, from 0", blank);
  return {
    name: "ctc",
    labels: "int64",
    build(op) {
      const { g, labels } = op;
      const scores = outputOf(op, output);
      if (!labels) throw errorNoLabels("ctc");
      const [batch, steps, classes] = timeFirst ? [1, 0, 2].map((i) => scores.dims[i]) : scores.dims;
      if (scores.dims.length !== 3 || !batch || !steps || steps > MOST_STEPS || blank >= classes!)
        throw errorLossShape("ctc", `scores ${timeFirst ? "[T, N, C]" : "[N, T, C]"} of at most ${MOST_STEPS} steps, C above the blank ${blank}`, scores.dims); // prettier-ignore
      if (labels.dims.length !== 2 || labels.dims[0] !== batch)
        throw errorLossShape("ctc", `labels [${batch}, S], filled up with -1`, labels.dims);
      const inOrder = timeFirst ? g.transpose(scores.name, [1, 0, 2]) : scores.name;
      const logarithms = g.op("LogSoftmax", [inOrder], { axis: 2 });
      const path = pathOf(g, labels.name, batch, labels.dims[1]!, blank);
      const hot = g.op("OneHot", [path.classes, g.ints([classes!], []), g.floats([0, 1])], { axis: 1 });
      const known = g.op("Less", [path.classes, g.ints([classes!], [])]);
      const emissions = g.add(g.matMul(logarithms, hot), penalty(g, known, [batch, 1, path.length]));
      const final = forwardVariables(g, emissions, path, batch, steps);
      const likelihood = logSum(g, g.add(final, path.ends), 2);
      const fits = g.op("Greater", [likelihood, g.scalar(NEVER / 10)]);
      return { loss: g.neg(meanOf(g, g.where(fits, likelihood))) };
    },
  };
}

/** Labels with a blank before, between and behind them; all is `[N, 1, length]` but the classes, `[N, length]`. */
interface Path {
  readonly length: number;
  readonly classes: string;
  /** 0 where the blank before may be left out: between labels that differ. */
  readonly skips: string;
  /** 0 at the last label and the blank behind it. */
  readonly ends: string;
}

function pathOf(g: Emitter, labels: string, batch: number, count: number, blank: number): Path {
  const length = 2 * count + 1;
  const fill = (value: number, ...dims: number[]): string => g.ints(Array.from({ length: dims.reduce((a, b) => a * b, 1) }, () => value), dims); // prettier-ignore
  const padding = g.op("Less", [labels, g.ints([0], [])]);
  const given = g.reshape(g.op("Where", [padding, g.ints([blank], []), labels]), [batch, count, 1]);
  const pairs = g.op("Concat", [fill(blank, batch, count, 1), given], { axis: 2 });
  const classes = g.op("Concat", [g.reshape(pairs, [batch, 2 * count]), fill(blank, batch, 1)], { axis: 1 });
  const twoBefore = g.op("Concat", [fill(-1, batch, 2), g.slice(classes, [1], [0], [length - 2])], { axis: 1 });
  const equal = (a: string, b: string): string => g.op("Equal", [a, b]);
  const apart = g.op("Not", [g.op("Or", [equal(classes, g.ints([blank], [])), equal(classes, twoBefore)])]);
  const lengths = g.reduce("ReduceSum", g.op("Cast", [g.op("Not", [padding])], { to: 7 }), [1]);
  const last = g.mul(lengths, g.ints([2], []));
  const places = g.ints(Array.from({ length }, (_, i) => i), [1, length]); // prettier-ignore
  const ends = g.op("Or", [equal(places, last), equal(places, g.sub(last, g.ints([1], [])))]);
  const dims = [batch, 1, length];
  return { length, classes, skips: penalty(g, apart, dims), ends: penalty(g, ends, dims) };
}

/** 0 where something may be, else the logarithm of nothing. */
const penalty = (g: Emitter, free: string, dims: readonly number[]): string =>
  g.reshape(g.where(free, g.scalar(0), g.scalar(NEVER)), dims);

/** `log α` after the last step: of all ways to be at a place of the path by then, `[N, 1, length]`. */
function forwardVariables(
  g: Emitter,
  emissions: string,
  { length, skips }: Path,
  batch: number,
  steps: number,
): string {
  // prettier-ignore
  const parts = steps === 1 ? [emissions] : g.ops("Split", [emissions], { axis: 1, num_outputs: steps }, steps);
  const before = g.floats(new Float32Array(2 * batch).fill(NEVER), [batch, 1, 2]);
  const start = g.floats(Float32Array.from({ length }, (_, i) => (i < 2 ? 0 : NEVER)), [1, 1, length]); // prettier-ignore
  return parts.slice(1).reduce(
    (alpha, emission) => {
      const shifted = g.op("Concat", [before, alpha], { axis: 2 });
      const from = (places: number): string => g.slice(shifted, [2], [2 - places], [2 - places + length]);
      const ways = g.op("Concat", [alpha, from(1), g.add(from(2), skips)], { axis: 1 });
      return g.add(logSum(g, ways, 1), emission);
    },
    g.add(parts[0]!, start),
  );
}

const logSum = (g: Emitter, x: string, axis: number): string => g.reduce("ReduceLogSumExp", x, [axis]);
