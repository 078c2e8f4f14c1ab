import type { NetworkView } from "./engine/api.ts";

/** Colours that stylesheets know, `--group-0` and so on; more groups than that share them. */
const COLORS = 8;

/** How a group is shown. */
export interface GroupMark {
  /** A class that sets its colour. */
  readonly color: string;
  /** A short name: "G3". Groups that cannot be cut have none. */
  readonly tag: string;
}

/** How the groups of a network are shown, by their ids. */
export function colorsOf(network: NetworkView | undefined): ReadonlyMap<string, GroupMark> {
  const marks = new Map<string, GroupMark>();
  let free = 0;
  for (const { id, blocked } of network?.groups ?? []) {
    marks.set(id, blocked ? { color: "fixed", tag: "" } : { color: `group-${free % COLORS}`, tag: `G${free + 1}` });
    if (!blocked) free++;
  }
  return marks;
}
