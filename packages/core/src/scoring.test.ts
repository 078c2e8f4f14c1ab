import { describe, expect, test } from "vitest";
import { evidenceOf } from "./evidence/evidence.ts";
import { toFloat32 } from "./graph/tensor.ts";
import { aggregated, normalized, scoringWith, type Normalization } from "./scoring.ts";
import type { Aggregation, Scorer } from "./scorer.ts";
import { analyzeNetwork } from "./testing/analyze-network.ts";
import { denseLayers } from "./testing/dense-layers.ts";
import { Network } from "./testing/network.ts";

const parts = [Float32Array.of(3, 1), Float32Array.of(4, 2)];

test.each<[Aggregation, number[]]>([
  ["sum", [7, 3]],
  ["mean", [3.5, 1.5]],
  ["max", [4, 2]],
  ["first", [3, 1]],
  ["root-sum-square", [5, Math.fround(Math.sqrt(5))]],
])("%s of what two tensors say of two units", (how, expected) => {
  expect([...aggregated(parts, 2, how)]).toEqual(expected);
});

test.each<[Normalization, number[]]>([
  ["none", [1, 3]],
  ["mean", [0.5, 1.5]],
  ["max", [Math.fround(1 / 3), 1]],
  ["sum", [0.25, 0.75]],
  ["standard", [-1, 1]],
])("divided by %s", (how, expected) => {
  expect([...normalized(Float32Array.of(1, 3), how)]).toEqual(expected);
});

test("importances that are all zero stay so", () => {
  for (const how of ["mean", "max", "sum", "root-sum-square", "standard"] as const)
    expect([...normalized(new Float32Array(2), how)]).toEqual([0, 0]);
});

/** Two layers, of 2 → 3 → 1, with weights 1, 2, 3 … */
async function network() {
  const net = new Network();
  const x = net.input("x", ["batch", 2]);
  const hidden = net.matMul(x, net.weight("a", [2, 3], [1, -2, 3, 4, 5, -6]));
  return analyzeNetwork(net, net.matMul(net.relu(hidden), net.weight("b", [3, 1], [1, 2, -3])));
}

const magnitude: Scorer = {
  name: "magnitude",
  needs: [],
  scoreWeights: ({ tensor }) => toFloat32(tensor).map(Math.abs),
};

test("a scorer of single weights scores units by the sums of their weights, in all their tensors", async () => {
  const analysis = await network();
  const context = { analysis, seed: 0, evidence: evidenceOf({}) };
  const group = analysis.groups.find((g) => !g.blocked)!;
  expect([...(await scoringWith(magnitude, context).group(group))]).toEqual([1 + 4 + 1, 2 + 5 + 2, 3 + 6 + 3]);
  const options = { aggregate: "max", normalize: "max" } as const;
  const scaled = await scoringWith(magnitude, context, options).group(group);
  expect([...scaled]).toEqual([5 / 9, 7 / 9, 1].map(Math.fround));
});

test("a scorer that only scores units cannot score weights, and says so", async () => {
  const analysis = await network();
  const scorer: Scorer = { name: "units", needs: [], score: ({ size }) => new Float32Array(size) };
  const scoring = scoringWith(scorer, { analysis, seed: 0, evidence: evidenceOf({}) });
  await expect(scoring.weights(analysis.linear[0]!)).rejects.toMatchObject({
    message: 'Scorer "units" does not score single weights. Choose another scorer, or another type of pruning.',
  });
});

test("options that are none are refused", async () => {
  const analysis = await network();
  const context = { analysis, seed: 0, evidence: evidenceOf({}) };
  expect(() => scoringWith(magnitude, context, { aggregate: "median" as Aggregation })).toThrow(
    "Option aggregate must",
  );
});

describe("which weights speak for a unit", () => {
  const { scoreWeights, ...rest } = magnitude;
  const score = async (parts: Partial<Scorer>): Promise<number[]> => {
    const analysis = await network();
    const context = { analysis, seed: 0, evidence: evidenceOf({}) };
    const group = analysis.groups.find((g) => !g.blocked)!;
    return [...(await scoringWith({ ...rest, ...parts }, context).group(group))];
  };

  test("those that make it, or those that read it", async () => {
    expect(await score({ scoreWeights: scoreWeights!, weights: "incoming" })).toEqual([1 + 4, 2 + 5, 3 + 6]);
    expect(await score({ scoreWeights: scoreWeights!, weights: "outgoing" })).toEqual([1, 2, 3]);
  });

  test("a scorer of members is asked for these alone, and may pass one over", async () => {
    const asked: string[] = [];
    const scoreMember: Scorer["scoreMember"] = ({ tensor }, { size }) => {
      asked.push(tensor.name);
      return tensor.name === "a" ? undefined : new Float32Array(size).fill(2);
    };
    expect(await score({ scoreMember, aggregate: "mean" })).toEqual([2, 2, 2]);
    expect(await score({ scoreMember, weights: "outgoing" })).toEqual([2, 2, 2]);
    expect(asked).toEqual(["a", "b", "b"]);
  });

  test("a scorer that has nothing to say is an error, not a ranking by position", async () => {
    await expect(score({ scoreMember: () => undefined })).rejects.toMatchObject({
      code: "unsupported",
      message:
        'Scorer "magnitude" has nothing to say of group "a": none of its weights is of the kind that it judges. ' +
        "Ignore the group, or choose a scorer that reads weights alone, such as l2.",
    });
  });

  test("groups that no layer of the kind goes through are judged by the other kind", async () => {
    const { analysis, group } = await denseLayers([[1, -2], [3, 4]]); // prettier-ignore
    const context = { analysis, seed: 0, evidence: evidenceOf({}) };
    expect([...(await scoringWith({ ...magnitude, weights: "outgoing" }, context).group(group))]).toEqual([3, 7]);
  });
});

test("a way of aggregation for a scorer that leaves nothing to aggregate is refused", async () => {
  const scorer: Scorer = { name: "whole", needs: [], score: ({ size }) => new Float32Array(size) };
  const context = { analysis: await network(), seed: 0, evidence: evidenceOf({}) };
  expect(() => scoringWith(scorer, context, { aggregate: "max" })).toThrow(
    'Option aggregate must be left out: scorer "whole" scores groups as a whole, got max.',
  );
});

describe("scores that cannot be used are errors that say why", () => {
  const of = async (scorer: Partial<Scorer>, first = 1): Promise<Float32Array> => {
    const net = new Network();
    const hidden = net.matMul(net.input("x", ["batch", 2]), net.weight("a", [2, 3], [first, -2, 3, 4, 5, -6]));
    const analysis = await analyzeNetwork(net, net.matMul(net.relu(hidden), net.weight("b", [3, 1], [1, 2, -3])));
    const group = analysis.groups.find((g) => !g.blocked)!;
    return scoringWith({ name: "mine", needs: [], ...scorer }, { analysis, seed: 0, evidence: evidenceOf({}) }).group(
      group,
    );
  };
  const filled = (value: number): Partial<Scorer> => ({ score: ({ size }) => new Float32Array(size).fill(value) });
  const nothing = undefined as unknown as Float32Array;

  test.each<[string, Partial<Scorer>, string, string]>([
    ["too few", { score: () => new Float32Array(2) }, "bad-option", 'Scorer "mine" gave 2 scores for 3 units for group "a". A scorer returns one finite number per unit.'], // prettier-ignore
    ["too few of a tensor", { scoreMember: () => new Float32Array(1) }, "bad-option", 'Scorer "mine" gave 1 scores for 3 units for group "a".'], // prettier-ignore
    ["too few of weights", { scoreWeights: () => new Float32Array(1) }, "bad-option", 'Scorer "mine" gave 1 scores for 6 weights for group "a".'], // prettier-ignore
    ["none", { score: () => nothing }, "bad-option", 'Scorer "mine" gave undefined in place of scores for 3 units for group "a".'], // prettier-ignore
    ["not finite", filled(NaN), "bad-option", 'Scorer "mine" gave a score that is not finite for group "a".'],
    ["not finite, on data", { ...filled(NaN), needs: ["activations"] }, "bad-data", 'Scorer "mine" gave a score that is not finite for group "a", whose weights are finite. Look for NaN and infinity in the calibration data'], // prettier-ignore
  ])("%s", async (_, scorer, code, message) => {
    await expect(of(scorer)).rejects.toMatchObject({ code, message: expect.stringContaining(message) as string });
  });

  test("weights that are not finite", async () => {
    await expect(of(magnitude, NaN)).rejects.toMatchObject({
      code: "bad-model",
      message:
        'Scorer "magnitude" cannot judge group "a": its weights "a" hold numbers that are not finite. Export the network again, or keep the layer whole (ignore, --ignore).',
    });
  });
});
