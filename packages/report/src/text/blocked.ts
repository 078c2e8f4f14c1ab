/** A group that cannot be cut. */
export interface BlockedGroup {
  readonly group: string;
  readonly reason: string;
  /** The operator that is in the way. */
  readonly node?: string | undefined;
}

/** Groups that stay whole for the same reason. */
export interface BlockedReason {
  readonly reason: string;
  readonly groups: readonly BlockedGroup[];
}

/** Groups that stay whole, put together by reason; the most frequent first. */
export function byReason(blocked: readonly BlockedGroup[]): BlockedReason[] {
  const reasons = new Map<string, BlockedGroup[]>();
  for (const entry of blocked) {
    const key = entry.node === undefined ? entry.reason : entry.reason.replaceAll(/ "[^"]*"/g, ""); // each names its own operator
    const known = reasons.get(key);
    if (known) known.push(entry);
    else reasons.set(key, [entry]);
  }
  return [...reasons].map(([reason, groups]) => ({ reason, groups })).sort((a, b) => b.groups.length - a.groups.length);
}
