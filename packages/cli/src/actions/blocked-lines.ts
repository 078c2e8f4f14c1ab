import { plural } from "../lib/format.ts";

/** A group that cannot be cut. */
export interface BlockedGroup {
  readonly group: string;
  readonly reason: string;
  /** The operator that is in the way. */
  readonly node?: string | undefined;
}

/** How many names stand beside a reason. */
const NAMES = 3;

/** Groups that stay whole, put together by reason; the most frequent first. */
export function blockedLines(blocked: readonly BlockedGroup[]): string[] {
  const reasons = new Map<string, BlockedGroup[]>();
  for (const entry of blocked) {
    const key = entry.node === undefined ? entry.reason : entry.reason.replaceAll(/ "[^"]*"/g, ""); // each names its own operator
    reasons.set(key, [...(reasons.get(key) ?? []), entry]);
  }
  return [...reasons]
    .sort((a, b) => b[1].length - a[1].length)
    .map(([reason, groups]) => {
      const names = groups
        .slice(0, NAMES)
        .map(({ group, node }) => (node === undefined ? group : `${group} (${node})`));
      const more = groups.length > NAMES ? `, and ${groups.length - NAMES} more` : "";
      return `${plural(groups.length, "group")}, reason: ${reason}: ${names.join(", ")}${more}`;
    });
}
