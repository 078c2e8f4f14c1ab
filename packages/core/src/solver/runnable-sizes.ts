import type { Graph } from "../graph/graph.ts";
import type { Session } from "../model.ts";
import { otherSizes, sampleInputs, type DimSizes } from "./sample-inputs.ts";

/**
 * Sizes of dynamic dimensions at which a graph runs on sample inputs: the default ones, which are none, or others where
 * those do not fit it, as where a signal must be longer than a frame.
 * @param given sizes that stay
 * @throws what the runtime throws at the first sizes, where the graph runs at none
 */
export async function runnableSizes(graph: Graph, session: Session, given: DimSizes = {}): Promise<DimSizes> {
  const choices = [given, ...otherSizes(graph, given)];
  const { sizes } = await firstThatRuns(choices, (choice) => session.run(sampleInputs(graph, choice)));
  return sizes;
}

/** The first choice that a run bears; if none, the first one's error. */
export async function firstThatRuns<T>(
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
  throw first;
}
