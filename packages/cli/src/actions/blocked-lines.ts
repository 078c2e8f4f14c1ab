import { type BlockedGroup, byReason, plural } from "@prune/report/text";

/** How many names stand beside a reason. */
const NAMES = 3;

/** Groups that stay whole, put together by reason; the most frequent first. */
export function blockedLines(blocked: readonly BlockedGroup[]): string[] {
  return byReason(blocked).map(({ reason, groups }) => {
    const names = groups.slice(0, NAMES).map(({ group, node }) => (node === undefined ? group : `${group} (${node})`));
    const more = groups.length > NAMES ? `, and ${groups.length - NAMES} more` : "";
    return `${plural(groups.length, "group")}, reason: ${reason}: ${names.join(", ")}${more}`;
  });
}
