import { describe, expect, test } from "vitest";
import type { ChannelGroup } from "../solver/channel-group.ts";
import { closeGap, fill, type Search } from "./fill.ts";
import type { AllLevels, Kept } from "./share.ts";

const group = (id: string, size: number): ChannelGroup => ({ id, size }) as ChannelGroup;
const a = group("a", 4);
const b = group("b", 4);
const c = group("c", 4);

/** A budget that every unit of a group takes so much of. */
function search(limit: number, costs: ReadonlyMap<ChannelGroup, number>, enough = limit): Search {
  let current = new Map<ChannelGroup, number>();
  const spent = (): number => [...current].reduce((sum, [g, n]) => sum + n * costs.get(g)!, 0);
  return {
    measure(kept) {
      current = new Map(kept);
      return spent();
    },
    change(changed, units) {
      current.set(changed, units);
      return spent();
    },
    limit,
    enough,
  };
}
const steps: AllLevels = new Map([a, b, c].map((g) => [g, [1, 2, 3, 4]]));
const keeping = (...counts: number[]): Kept =>
  new Map([a, b, c].slice(0, counts.length).map((g, i) => [g, counts[i]!]));

describe("filling", () => {
  const each = new Map([a, b, c].map((g) => [g, 10]));

  test("goes up in turn, whoever lost most first", () => {
    expect(fill(keeping(1, 2, 3), keeping(1, 2, 3), steps, search(85, each))).toEqual(keeping(3, 2, 3));
    expect(fill(keeping(1, 1, 1), keeping(1, 1, 1), steps, search(75, each))).toEqual(keeping(3, 2, 2));
  });

  test("first gives back what was wanted", () => {
    expect(fill(keeping(1, 1, 1), keeping(1, 1, 3), steps, search(55, each))).toEqual(keeping(1, 1, 3));
  });

  test("passes over what does not fit, and stops at the whole", () => {
    expect(fill(keeping(1, 1), keeping(1, 1), steps, search(18, new Map([[a, 10], [b, 2]])))).toEqual(keeping(1, 4)); // prettier-ignore
    expect(fill(keeping(1, 1), keeping(1, 1), steps, search(1000, each))).toEqual(keeping(4, 4));
  });
});

describe("closing the gap", () => {
  test("a step down of one group makes room for steps up of another", () => {
    // 3·10 + 1·8 = 38; nothing fits below 44, but 2·10 + 3·8 = 44 does.
    const costs = new Map([[a, 10], [b, 8]]); // prettier-ignore
    expect(fill(keeping(3, 1), keeping(3, 1), steps, search(44, costs))).toEqual(keeping(3, 1));
    expect(closeGap(keeping(3, 1), steps, search(44, costs))).toEqual(keeping(2, 3));
  });

  test("is not looked for when enough is spent, and stays where no trade helps", () => {
    const costs = new Map([[a, 10], [b, 8]]); // prettier-ignore
    expect(closeGap(keeping(3, 1), steps, search(44, costs, 38))).toEqual(keeping(3, 1));
    expect(closeGap(keeping(2, 2), steps, search(37, costs))).toEqual(keeping(2, 2));
  });
});
