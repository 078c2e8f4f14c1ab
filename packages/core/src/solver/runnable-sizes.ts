import type { Graph } from "../graph/graph.ts";
import type { Session } from "../model.ts";
import { errorNoRank, errorNoSizes, isPruneError } from "../errors.ts";
import { inputDims, otherSizes, sampleInputs, type DimSizes } from "./sample-inputs.ts";

/**
 * Sizes of dynamic dimensions at which a graph runs on sample inputs: the default ones, which are none, or others where
 * those do not fit it, as where a signal must be longer than a frame.
 * @param given sizes that stay
 * @throws what the runtime throws at the first sizes, where the graph runs at none
 */
export async function runnableSizes(graph: Graph, session: Session, given: DimSizes = {}): Promise<DimSizes> {
  const choices = [given, ...otherSizes(graph, given)];
  const { sizes } = await firstThatRuns(graph, choices, (choice) => session.run(sampleInputs(graph, choice)));
  return sizes;
}

/**
 * The first choice that a run bears.
 * @throws the first one's error where there is none; where that is the runtime's, with the sizes that were tried
 */
export async function firstThatRuns<T>(
  graph: Graph,
  choices: readonly DimSizes[],
  run: (sizes: DimSizes) => Promise<T>,
): Promise<{ sizes: DimSizes; found: T }> {
  let first: unknown;
  for (const sizes of choices) {
    try {
      return { sizes, found: await run(sizes) };
    } catch (error) {
      first ??= error;
    }
  }
  if (!isPruneError(first) || first.code !== "runtime-failed") throw first;
  const unknown = graph.inputs.find(({ dims }) => dims === undefined);
  if (unknown) throw errorNoRank(unknown.name, first);
  const tried = choices.map((sizes) => sizesText(graph, sizes)).filter(Boolean);
  throw tried.length ? errorNoSizes([...new Set(tried)], first) : first;
}

/** The sizes that a graph's dynamic dimensions get, such as `N=1 height=64`. */
function sizesText(graph: Graph, sizes: DimSizes): string {
  const found = new Map(
    graph.inputs.flatMap((input) => {
      const chosen = inputDims(input, sizes, "canonical", graph.inputs);
      return (input.dims ?? []).flatMap((d, i) => (typeof d === "number" ? [] : [[d ?? `${input.name}[${i}]`, chosen[i]!] as const])); // prettier-ignore
    }),
  );
  return [...found].map(([name, size]) => `${name}=${size}`).join(" ");
}
