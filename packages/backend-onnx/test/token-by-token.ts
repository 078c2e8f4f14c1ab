import { type Graph, type Runtime, type RunTensor, type RunValues, sizeOf } from "@prune/core";

const int64 = (values: readonly number[]): RunTensor => ({ dtype: "int64", dims: [1, values.length], data: BigInt64Array.from(values, BigInt) }); // prettier-ignore

/** How a text is read: by which networks, and how many tokens come first, all at once. */
export interface Reading {
  readonly runtime: Runtime;
  /** Reads the tokens that come first. Default: the same as all others. */
  readonly first?: Graph;
  /** Default 1. */
  readonly prompt?: number;
  /** What else to feed. */
  readonly more?: (from: number) => RunValues;
}

/**
 * What a decoder says after the first tokens of a text, and then token by token, as programs run it: what a run yields as
 * present, the next is given as past, empty at first. Of a cache with room for all steps, nothing is written yet.
 * @returns scores of tokens, position by position
 */
export async function tokenByToken(
  graph: Graph,
  ids: readonly number[],
  { runtime, first = graph, prompt = 1, more = () => ({}) }: Reading,
): Promise<number[][]> {
  const graphs = [...new Set([first, graph])];
  const sessions = new Map(await Promise.all(graphs.map(async (g) => [g, await runtime.open(g, { cpu: true })] as const))); // prettier-ignore
  const said: number[][] = [];
  try {
    let caches: RunValues = {};
    for (let from = 0; from < ids.length; from += from ? 1 : prompt) {
      const tokens = ids.slice(from, from ? from + 1 : prompt);
      const step = from ? graph : first;
      const results = await sessions.get(step)!.run({ ...feedsOf(step, tokens, from, caches), ...more(from) });
      const { data, dims } = results["logits"]!;
      const scores = Array.from(data as Float32Array);
      for (let i = 0; i < dims[1]!; i++) said.push(scores.slice(i * dims[2]!, (i + 1) * dims[2]!));
      caches = { ...caches, ...cachesOf(results) };
    }
  } finally {
    for (const session of sessions.values()) await session.release();
  }
  return said;
}

function feedsOf({ inputs }: Graph, tokens: readonly number[], from: number, caches: RunValues): RunValues {
  return Object.fromEntries(
    inputs.map(({ name, dims }): [string, RunTensor] => {
      const total = dims?.[1];
      const ones = Array.from({ length: typeof total === "number" ? total : from + tokens.length }, () => 1);
      if (name === "input_ids") return [name, int64(tokens)];
      if (name === "attention_mask") return [name, int64(ones)];
      if (name === "position_ids") return [name, int64(tokens.map((_, i) => from + i))];
      const sizes = dims!.map((d) => (typeof d === "number" ? d : d === "batch" ? 1 : 0));
      return [name, caches[name] ?? { dtype: "float32", dims: sizes, data: new Float32Array(sizeOf(sizes)) }];
    }),
  );
}

/** What is given to the next run; what is empty there was not computed anew. */
function cachesOf(results: RunValues): RunValues {
  const pastOf = (name: string): string => name.replace("present.", "past_key_values.").replace("present_", "past_");
  return Object.fromEntries(
    Object.entries(results).flatMap(([name, value]) => (name.startsWith("present") && sizeOf(value.dims) ? [[pastOf(name), value]] : [])), // prettier-ignore
  );
}
