import type { ChannelGroup } from "../solver/channel-group.ts";
import type { Levels } from "./levels.ts";

/** Numbers of units kept, by group. */
export type Kept = ReadonlyMap<ChannelGroup, number>;

/** Levels of all groups. */
export type AllLevels = ReadonlyMap<ChannelGroup, Levels>;

/** Shares a sparsity out among groups: each keeps the level nearest to what falls to it. */
export type Share = (levels: AllLevels, sparsity: number) => Kept;

/** Every group loses the same fraction. */
export const uniformShare: Share = (levels, sparsity) =>
  new Map([...levels].map(([g, own]) => [g, nearestLevel(own, g.size * (1 - sparsity))]));

/** The least important units of all groups go, importances being divided by their group's mean. */
export function globalShare(groups: readonly ChannelGroup[], scores: ReadonlyMap<ChannelGroup, Float32Array>): Share {
  const normalised = new Map(
    groups.map((g) => {
      const own = scores.get(g)!;
      const mean = own.reduce((a, b) => a + Math.abs(b), 0) / own.length || 1;
      return [g, Float32Array.from(own, (s) => s / mean).sort()];
    }),
  );
  const all = Float32Array.from([...normalised.values()].flatMap((s) => [...s])).sort();
  return (levels, sparsity) => {
    const threshold = all[Math.min(all.length - 1, Math.floor(sparsity * all.length))]!;
    return new Map(
      [...levels].map(([g, own]) => [g, nearestLevel(own, g.size - lowerBound(normalised.get(g)!, threshold))]),
    );
  };
}

/** The least important units of groups of the same structure go, the same part of every such class. */
export function isomorphicShare(
  groups: readonly ChannelGroup[],
  scores: ReadonlyMap<ChannelGroup, Float32Array>,
): Share {
  const classes = new Map<string, ChannelGroup[]>();
  for (const group of groups) {
    const structure = structureOf(group);
    classes.set(structure, [...(classes.get(structure) ?? []), group]);
  }
  const shares = [...classes.values()].map((own) => ({ own, share: globalShare(own, scores) }));
  return (levels, sparsity) =>
    new Map(shares.flatMap(({ own, share }) => [...share(new Map(own.map((g) => [g, levels.get(g)!])), sparsity)]));
}

/** What groups of the same structure have in common: which operators' weights they cut, along which axes, with which kernels. */
function structureOf({ kind, members }: ChannelGroup): string {
  const parts = members.map(({ node, role, axis, tensor }) => `${node.opType}:${role}:${axis}:${tensor.dims.slice(2)}`);
  return `${kind}|${parts.sort().join("|")}`;
}

/** The level nearest to a number of units; of two the smaller. */
export function nearestLevel(levels: Levels, units: number): number {
  return levels.reduce((best, level) => (Math.abs(level - units) < Math.abs(best - units) - 1e-9 ? level : best));
}

/** Number of entries of an ascending list below a value. */
function lowerBound(sorted: Float32Array, value: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
