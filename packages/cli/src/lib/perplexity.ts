import { batchesOf, type DataSource, feedsFor, floatsIn, hasFixedBatch, labelsOf, type Metric, type Model, PruneError, type RunTensor } from "@prune/core"; // prettier-ignore

/**
 * Perplexity of a language model: `exp(−mean log p(label))` over all labels, with `p` the softmax of the first output
 * `[N, …, C]` and labels `[N, …]`: the tokens that come next. Negative labels do not count. Lower is better.
 * Source: Jelinek, Mercer, Bahl and Baker 1977, "Perplexity, a measure of the difficulty of speech recognition tasks",
 * JASA 62, S63.
 */
export const perplexity: Metric = {
  name: "perplexity",
  better: "lower",
  needsLabels: true,
  measure: async (model, data) => Math.exp(await meanLogLoss(model, data)),
};

async function meanLogLoss({ graph, runtime }: Model, data: DataSource): Promise<number> {
  const { name: output, dims, kept } = graph.outputs[0]!;
  // Labels are those of the network before its vocabulary was cut.
  const left = kept?.get((dims?.length ?? 0) - 1);
  const columns = left && new Map(Array.from(left, (label, column) => [label, column]));
  const columnOf = (label: number): number => (columns ? (columns.get(label) ?? NaN) : label);
  const classes = dims?.at(-1);
  const each = (data.labels!.length / data.count) * (typeof classes === "number" ? classes : 1);
  const batches = { ...data, batchSize: Math.max(1, Math.min(data.batchSize, Math.floor(MOST_SCORES / each))) };
  const fixed = hasFixedBatch(graph);
  const session = await runtime.open(graph);
  let [sum, count] = [0, 0];
  try {
    for (const [from, to] of batchesOf(fixed ? data : batches, fixed)) {
      const scores = (await session.run(feedsFor(graph, data.batch(from, to)), [output]))[output]!;
      for (const loss of logLosses(scores, labelsOf(data, from, to)!, output, columnOf)) {
        sum += loss;
        count++;
      }
    }
  } finally {
    await session.release();
  }
  if (!count) throw bad("Perplexity needs at least one label that is not negative.");
  return sum / count;
}

/** The most scores that one run gives, where the model takes any number of samples: 256 MiB. */
const MOST_SCORES = 2 ** 26;

/** Of every label that counts. */
function* logLosses(
  scores: RunTensor,
  labels: RunTensor,
  output: string,
  columnOf: (label: number) => number,
): Generator<number> {
  const numbers = scoresIn(scores, labels, output);
  const classes = scores.dims.at(-1)!;
  for (const [i, label] of (labels.data as Int32Array).entries()) {
    if (label < 0) continue;
    const column = columnOf(label);
    if (!(column < classes)) throw bad(`Label ${label} is none of the ${classes} classes of "${output}".`);
    yield logLoss(numbers.subarray(i * classes, (i + 1) * classes), column);
  }
}

/** `log Σ eˣ − x[label]` */
function logLoss(scores: Float32Array | Float64Array, label: number): number {
  let most = -Infinity;
  for (const x of scores) if (x > most) most = x;
  let sum = 0;
  for (const x of scores) sum += Math.exp(x - most);
  return most + Math.log(sum) - scores[label]!;
}

function scoresIn(scores: RunTensor, labels: RunTensor, output: string): Float32Array | Float64Array {
  const { dims, dtype } = scores;
  const numbers = floatsIn(scores);
  if (dims.slice(0, -1).join() === labels.dims.join() && dims.length > 1 && numbers) return numbers;
  throw bad(
    `Output "${output}" is ${dtype} [${dims.join(", ")}] for labels [${labels.dims.join(", ")}]; perplexity needs scores of floats [N, …, C] and a label for each of [N, …].`,
  );
}

const bad = (message: string): PruneError => new PruneError("bad-data", message);
