import type { DraftGroup, WeightAxis } from "./draft-groups.ts";
import type { Space } from "./space.ts";

/** What attention loses: whole heads, the same part of every head, both, or nothing. */
export type HeadsOption = "whole" | "dim" | "both" | "keep";

/** Whole blocks of a grouped convolution are cut when there are at least this many to choose from. */
const ENOUGH_BLOCKS = 8;

/**
 * An axis that is a product (heads × head size, groups × channels per group) can be cut in either factor: both are
 * groups of their own. Frees one of them and blocks the others with a reason.
 */
export function chooseReadings(
  drafts: ReadonlyMap<number, DraftGroup>,
  axes: readonly WeightAxis[],
  space: Space,
  heads: HeadsOption,
): void {
  const free = [...drafts.values()].filter((g) => !g.blocked);
  for (const { axis } of axes) {
    const list = space.dimsOf(axis);
    if (list.length < 2) continue;
    const places = list.map((dim) => ({
      size: space.dims.size(dim),
      groups: free.filter((g) => g.dims.includes(dim) && !g.blocked),
    }));
    const choices = places.filter((p) => p.groups.length);
    // In a fused qkv that is split, the axis holds the heads of all three; only the group knows them for heads.
    const attention =
      list.some((d) => space.heads.has(d)) || choices.some((p) => p.groups.some((g) => g.kind === "heads"));
    const block = (except: number, reason: string): void =>
      choices.forEach((p, i) => {
        if (i !== except) for (const g of p.groups) g.blocked ??= { reason, node: undefined };
      });
    if (attention && heads === "keep") block(-1, "attention heads are kept (--heads keep)");
    else if (choices.length < 2 || (attention && heads === "both")) continue;
    else if (attention)
      block(heads === "dim" ? choices.length - 1 : 0, `another factor of the same axis is cut (--heads ${heads})`);
    else block(choices[0]!.size >= ENOUGH_BLOCKS ? 0 : choices.length - 1, "another factor of the same axis is cut");
  }
}
