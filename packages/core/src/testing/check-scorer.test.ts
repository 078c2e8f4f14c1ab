import { describe, expect, test } from "vitest";
import { toFloat32 } from "../graph/tensor.ts";
import { sumAlong } from "../reduce.ts";
import type { Scorer } from "../scorer.ts";
import type { ChannelGroup } from "../solver/channel-group.ts";
import { checkScorer } from "./check-scorer.ts";

const scorer = (score: NonNullable<Scorer["score"]>, parts: Partial<Scorer> = {}): Scorer => ({
  name: "test",
  needs: [],
  score,
  ...parts,
});

/** Σ |w| over the members that `of` picks. */
const norms = (group: ChannelGroup, of: (m: ChannelGroup["members"][number]) => boolean = () => true): Float32Array => {
  const sums = new Float32Array(group.size);
  for (const { tensor, axis, unitOf } of group.members.filter(of)) {
    sumAlong(tensor, axis, "abs").forEach((sum, i) => {
      if (unitOf(i) >= 0) sums[unitOf(i)]! += sum;
    });
  }
  return sums;
};
const laws = async (broken: Scorer): Promise<string[]> =>
  (await checkScorer(broken)).map((l) => l.replace(/ \(.*/, ""));

test("a scorer that keeps the laws", async () => {
  expect(await checkScorer(scorer((group) => norms(group)))).toEqual([]);
  expect(await checkScorer(scorer(async (group) => Promise.resolve(norms(group))))).toEqual([]);
});

test("one that draws its numbers keeps all laws but one, which does not speak of it", async () => {
  const drawn = scorer(({ size }, { seed }) => Float32Array.from({ length: size }, (_, i) => Math.sin(i + seed)));
  expect(await laws(drawn)).toEqual(["gives units other scores when they change places"]);
  expect(await checkScorer(drawn, { permutes: false })).toEqual([]);
});

describe("names the law that a scorer breaks, and where", () => {
  test("one score too many", async () => {
    expect(await checkScorer(scorer(({ size }) => new Float32Array(size + 1)))).toContain(
      'does not give one score per unit (13 for 12, sample "dense layers", group "a.weight")',
    );
  });

  test("a score that is not finite", async () => {
    expect(await laws(scorer((group) => norms(group).map((s, i) => (i ? s : NaN))))).toContain(
      "gives a score that is not finite",
    );
  });

  test("other scores at every call", async () => {
    let calls = 0;
    expect(await laws(scorer((group) => norms(group).fill(++calls)))).toEqual(["gives other scores the second time"]);
  });

  test("a weight that it writes to", async () => {
    const normalising = scorer((group) => {
      const bytes = group.members[0]!.tensor.bytes();
      bytes[0] = (bytes[0]! + 1) % 256;
      return new Float32Array(group.size);
    });
    expect(await laws(normalising)).toEqual(["changes the weights it reads"]);
  });

  test("indices taken for units", async () => {
    // Right for whole axes, wrong for a run of a wider one.
    const careless = scorer((group) => {
      const { tensor, axis } = group.members[0]!;
      return Float32Array.from(sumAlong(tensor, axis, "abs").slice(0, group.size));
    });
    expect(await laws(careless)).toContain("gives units other scores when they change places");
  });

  test("no Float32Array", async () => {
    const list = scorer(((group: ChannelGroup) => Array.from(norms(group))) as unknown as NonNullable<Scorer["score"]>);
    expect(await laws(list)).toEqual(["gives something other than a Float32Array"]);
  });

  test("an error", async () => {
    const failing = scorer(() => {
      throw new Error("no weights");
    });
    expect(await checkScorer(failing)).toEqual(['throws (sample "dense layers", group "a.weight": no weights)']);
  });

  test("a name that cannot be typed, and evidence that nobody gathers", async () => {
    const nameless = scorer((group) => norms(group), { name: "", needs: ["luck"] as unknown as Scorer["needs"] });
    expect(await checkScorer(nameless)).toEqual([
      'has no name that a command line could take: ""',
      'needs "luck", which there is not',
    ]);
  });

  test("evidence that it did not name", async () => {
    const curious = scorer((group, { analysis, evidence }) => {
      evidence.get("activations").of(analysis.linear[0]!.input);
      return new Float32Array(group.size);
    });
    expect((await checkScorer(curious))[0]).toContain('Evidence "activations" was not gathered');
    expect(await checkScorer({ ...curious, needs: ["activations"] })).toEqual([]);
  });

  test("single weights that are scored by where they are", async () => {
    const scoreWeights: Scorer["scoreWeights"] = ({ tensor }) => toFloat32(tensor).map((_, i) => i);
    const placed = { ...scorer((group) => norms(group)), scoreWeights };
    expect(await laws(placed)).toEqual(["gives weights other scores when they change places"]);
    const short = { ...scorer((group) => norms(group)), scoreWeights: () => new Float32Array(1) };
    expect(await laws(short)).toContain("does not give one score per weight");
  });
});

test("evidence of a kind of one's own is made up by whoever brings it", async () => {
  const scorer: Scorer = {
    name: "bonus",
    needs: ["bonus" as never],
    score: ({ size }, { evidence }) => Float32Array.from({ length: size }, evidence.get("bonus" as never)),
  };
  expect(await checkScorer(scorer)).toContain('needs "bonus", which there is not');
  const evidence = (): object => ({ bonus: (_: unknown, unit: number) => unit });
  expect(await checkScorer(scorer, { permutes: false, evidence })).toEqual([]);
  expect(await checkScorer(scorer, { evidence })).toEqual([
    expect.stringContaining("gives units other scores when they change places"),
  ]);
});
