import { expect, test } from "vitest";
import type { Scorer, ScoreContext } from "../scorer.ts";
import { checkScorer, sampleGroup } from "./check-scorer.ts";

test("names every law that a scorer breaks", async () => {
  let calls = 0;
  const broken: Scorer = {
    name: "",
    needs: [],
    score: (group) => {
      group.members[0]!.tensor.bytes()[0] = ++calls;
      return Float32Array.of(NaN, calls, 0);
    },
  };
  expect(await checkScorer(broken, sampleGroup([[1], [2]]), { seed: 0 } as ScoreContext)).toEqual([
    "a scorer has a name",
    "gives 3 scores for 2 units",
    "gives a score that is not finite",
    "gives other scores the second time",
    "changes the weights it reads",
  ]);
});
