import { describe, expect, test } from "vitest";
import { allocate } from "../plan/allocate.ts";
import { leastImportant } from "../plan/least-important.ts";
import type { PruneContext, Pruner } from "../pruner.ts";
import { checkPruner } from "./check-pruner.ts";

const sound: Pruner = {
  name: "sound",
  decide: async (context) => ({ removed: await allocate(context, "uniform", { roundTo: 1, minChannels: 1 }) }),
};

/** A sound pruner whose decision is spoilt before it is handed out. */
const spoilt = (
  spoil: (removed: Map<PruneContext["groups"][number], Uint8Array>, context: PruneContext) => void,
): Pruner => ({
  name: "spoilt",
  decide: async (context) => {
    const removed = new Map((await sound.decide(context)).removed);
    spoil(removed, context);
    return { removed };
  },
});
const laws = async (pruner: Pruner): Promise<string[]> =>
  (await checkPruner(pruner)).map((law) => law.replace(/ \(.*/, ""));

test("a pruner that keeps the laws", async () => {
  expect(await checkPruner(sound)).toEqual([]);
});

test("one that goes by something else keeps all laws but one, which does not speak of it", async () => {
  const first: Pruner = {
    name: "first",
    decide: (context) =>
      sound.decide({
        ...context,
        score: ({ size }) => Promise.resolve(Float32Array.from({ length: size }, (_, i) => i)),
      }),
  };
  expect(await laws(first)).toEqual(["removes a unit and keeps one of lower importance"]);
  expect(await checkPruner(first, { ranks: false })).toEqual([]);
});

describe("names the law that a pruner breaks", () => {
  test("a group left empty", async () => {
    expect(await laws(spoilt((removed) => removed.forEach((gone) => gone.fill(1))))).toEqual([
      "leaves nothing of a group",
    ]);
  });

  test("more units than there are", async () => {
    expect(
      await laws(
        spoilt((removed) => removed.forEach((_, group) => removed.set(group, new Uint8Array(group.size + 1)))),
      ),
    ).toEqual(["does not say one thing per unit"]);
  });

  test("something other than 0 and 1", async () => {
    expect(await laws(spoilt((removed) => removed.forEach((gone) => (gone[0] = 2))))).toEqual([
      "says something other than 0 and 1",
    ]);
  });

  test("a group of its own making", async () => {
    const own = spoilt((removed, { analysis }) => {
      const blocked = analysis.groups.find((g) => g.blocked)!;
      removed.set(blocked, leastImportant(new Float32Array(blocked.size), 1));
    });
    expect(await checkPruner(own)).toEqual([
      'decides on groups that it was not given (group "a.weight#2", sample "dense layers", target sparsity=0.5)',
    ]);
  });

  test("a budget missed, reachable or not", async () => {
    const idle: Pruner = { name: "idle", decide: () => Promise.resolve({ removed: new Map() }) };
    expect(await laws(idle)).toEqual([
      "misses its budget without a word",
      "does not say that a target is out of reach",
    ]);
  });

  test("another decision every time", async () => {
    let calls = 0;
    const fickle = spoilt((removed) =>
      removed.forEach((gone) => gone.fill(0, 0, gone.length - 1 - (calls++ % 2)).fill(1, gone.length - 1)),
    );
    expect(await laws(fickle)).toContain("decides otherwise the second time");
  });

  test("weights that it writes to", async () => {
    const cutting = spoilt((removed) => {
      for (const [{ members }] of removed) members[0]!.tensor.bytes()[0]! += 1;
    });
    expect(await laws(cutting)).toEqual(["changes the weights"]);
  });

  test("an error that nobody can act on", async () => {
    const failing: Pruner = { name: "", decide: () => Promise.reject(new TypeError("x is undefined")) };
    expect(await checkPruner(failing)).toEqual([
      'has no name that a command line could take: ""',
      'throws (sample "dense layers", target sparsity=0.5: x is undefined)',
    ]);
  });
});
