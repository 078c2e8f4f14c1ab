import type { ChannelGroup, Pruner } from "@prune/core";

export interface MyThingOptions {
  /** Units below this fraction of their group's mean importance are removed; above 0, below 1. Default 0.5. */
  readonly below?: number;
}

/**
 * Removes units (channels, neurons, heads) of little importance, however many there are: it goes by what it finds, and
 * takes no target. A pruner that is to meet one finds it in `context.target`, and what units cost in `context.costs`;
 * `allocate` of `@prune/core` shares it out.
 *
 * It only decides: which units leave (1) and which stay (0), by group. What was decided is cut and proven elsewhere.
 */
export function myThing({ below = 0.5 }: MyThingOptions = {}): Pruner {
  return {
    name: "my-thing",
    untargeted: true,
    async decide({ groups, score }) {
      const removed = new Map<ChannelGroup, Uint8Array>();
      for (const group of groups) {
        const scores = await score(group);
        const limit = (below * scores.reduce((sum, s) => sum + s, 0)) / group.size;
        removed.set(
          group,
          Uint8Array.from(scores, (s) => Number(s < limit)),
        );
      }
      return { removed };
    },
  };
}
