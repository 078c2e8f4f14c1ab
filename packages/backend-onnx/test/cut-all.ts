import {
  analyzeModel,
  applyCut,
  cutOf,
  probe,
  verify,
  type Analysis,
  type ChannelGroup,
  type Graph,
} from "@prune/core";
import { onnxModel, onnxruntimeNode, ortRuntime } from "../src/node/index.ts";
import type { Network } from "./network.ts";

const runtime = ortRuntime(onnxruntimeNode);

/**
 * Cuts each group that the operators' rules leave free, by itself, with and without `width`; then all exact ones at
 * once, at two sizes of the batch. The result must run and, where the rules call it exact, compute what the original
 * does with the removed slices of its weights set to zero.
 * @returns the groups' sizes, with a word on those that are not exact.
 */
export const cutAll = (net: Network, output: string): Promise<string> => cutAllOf(net.graph(output));

/** The same for any graph. */
export async function cutAllOf(graph: Graph): Promise<string> {
  const model = onnxModel(graph, { runtime });
  const found = new Map<string, string>();
  for (const width of [false, true]) {
    const analysis = await analyzeModel(model, { width, heads: "both" });
    const free = analysis.groups.filter((group) => !group.blocked);
    for (const group of free) {
      if (found.has(group.id)) continue;
      const { exact } = await check(analysis, [[group, (i) => i % 3 === 1]]);
      if (exact !== group.exact) throw new Error(`${group.id} was to be ${group.exact ? "exact" : "inexact"}`);
      found.set(group.id, exact ? `${group.size}` : `${group.size} inexact`);
    }
    if (width) continue;
    const wide = { ...analysis, shapes: await probe(analysis.graph, runtime, { batch: 3 }) };
    for (const seed of [1, 2, 3]) {
      const all = free.map(
        (group, g) => [group, (i: number) => i > 0 && (i * i * seed + g) % (seed + 2) === 1] as const,
      );
      await check(analysis, all);
      await check(wide, all, { batch: 3 });
    }
  }
  return [...found.values()].join(", ");
}

type Choice = readonly [group: ChannelGroup, goes: (unit: number) => boolean];

function check(analysis: Analysis, choices: readonly Choice[], dims = {}): ReturnType<typeof verify> {
  const removed = choices.map(([group, goes]) => {
    return [group, Uint8Array.from({ length: group.size }, (_, i) => Number(goes(i)))] as const;
  });
  const cut = cutOf(analysis, new Map(removed));
  return verify(analysis, cut, applyCut(analysis, cut), runtime, { dims });
}
