import type { Analysis } from "@prune/core";
import type { Block } from "./blocks.ts";
import { flowOf, sameShape } from "./regions.ts";

/** A layer that is in no block that can leave, and why. */
export interface LayerThatStays {
  readonly layer: string;
  readonly reason: string;
}

/** The layers with weights that are in none of some blocks, in graph order. */
export function layersThatStay(analysis: Analysis, blocks: readonly Block[]): LayerThatStays[] {
  const flow = flowOf(analysis);
  const inBlocks = new Set(blocks.flatMap(({ layers }) => layers.map(({ node }) => node)));
  return [...flow.layers].flatMap(([node, layers]) => {
    if (inBlocks.has(node)) return [];
    const [from, to] = [layers[0]!.input.value, layers[0]!.output.value];
    const reason = layers.some(analysis.ignored)
      ? "is ignored by option"
      : flow.outputs.has(to)
        ? "yields an output of the network"
        : sameShape(flow, from, to)
          ? "is part of no stretch that nothing outside reads from"
          : "yields another shape than it reads, and so does every stretch around it";
    return [{ layer: node.name || node.outputs[0]!, reason }];
  });
}

/** How many layers stay for which reason, the most frequent first; undefined where none does. */
export function whyTheyStay(layers: readonly LayerThatStays[]): string | undefined {
  const counts = new Map<string, number>();
  for (const { reason } of layers) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  const list = [...counts]
    .sort((a, b) => b[1] - a[1])
    .map(([reason, count]) => `${count} layer${count === 1 ? "" : "s"} (${reason})`);
  return list.length ? `In no removable block: ${list.join(", ")}` : undefined;
}
