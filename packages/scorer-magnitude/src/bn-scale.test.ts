import type { Analysis, ChannelGroup } from "@prune/core";
import { analyzeNetwork, checkScorer, Network } from "@prune/core/testing";
import { expect, test } from "vitest";
import { scoresOf } from "../test/scores-of.ts";
import { bnScale } from "./bn-scale.ts";

/** Three channels made by a 1×1 convolution with weights 3, −4, 1 … and normalised as often as there are lists of γ. */
async function channels(...scales: number[][]): Promise<{ analysis: Analysis; group: ChannelGroup }> {
  const net = new Network();
  const x = net.input("x", ["batch", 2, 4, 4]);
  let y = net.op("Conv", [x, net.weight("w", [3, 2, 1, 1], [3, -4, 5, 12, 0, 1])], {}, ([n, , h, w] = []) => [n!, 3, h!, w!]); // prettier-ignore
  scales.forEach((scale, i) => {
    const parts = ["bias", "mean", "var"].map((part) => net.weight(`bn${i}.${part}`, [3], 100));
    y = net.op("BatchNormalization", [y, net.weight(`bn${i}.scale`, [3], scale), ...parts]);
  });
  const analysis = await analyzeNetwork(net, net.conv("next", y, 2));
  return { analysis, group: analysis.groups.find((g) => g.id === "w")! };
}

test("is |γ|", async () => {
  const { analysis, group } = await channels([0.5, -2, 0]);
  expect(await scoresOf(bnScale(), group, analysis)).toEqual([0.5, 2, 0]);
});

test("is the mean where a channel is scaled several times", async () => {
  const { analysis, group } = await channels([1, 2, 3], [3, 2, -5]);
  expect(await scoresOf(bnScale(), group, analysis)).toEqual([2, 2, 4]);
});

test("where normalisation was folded, is the norm of the weights that hold γ", async () => {
  const { analysis, group } = await channels();
  expect(await scoresOf(bnScale(), group, analysis)).toEqual([5, 13, 1]);
});

test("the channel's place does not matter, nor the sign of γ", async () => {
  const [there, back] = [await channels([1, 2, 3]), await channels([-3, -2, -1])];
  const scores = await scoresOf(bnScale(), there.group, there.analysis);
  expect(await scoresOf(bnScale(), back.group, back.analysis)).toEqual(scores.toReversed());
});

test("keeps the laws of a scorer", async () => {
  expect(await checkScorer(bnScale())).toEqual([]);
});
