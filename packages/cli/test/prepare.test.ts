import { loadOnnx } from "@prune/backend-onnx";
import { estimate, parseTarget, preparePruning, prune, type Scorer } from "@prune/core";
import { connection } from "@prune/pruner-connection";
import { neuron } from "@prune/pruner-neuron";
import { l2 } from "@prune/scorer-magnitude";
import { expect, test } from "vitest";

const model = () => loadOnnx("fixtures/fashion-mnist/fashion_mlp.onnx");

/** L2, counting how often it is asked. */
function counted(): { readonly scorer: Scorer; readonly asked: () => number } {
  let asked = 0;
  const { scoreMember, ...rest } = l2();
  const scorer: Scorer = { ...rest, scoreMember: (...args) => (asked++, scoreMember!(...args)) };
  return { scorer, asked: () => asked };
}

test("a network that is prepared once decides as prune does, and scores once", async () => {
  const original = await model();
  const { scorer, asked } = counted();
  const pruning = await preparePruning(original, { pruner: neuron(), scorer });
  for (const macs of [0.3, 0.7]) {
    const decided = await pruning.decide(parseTarget({ macs }));
    const {
      plan,
      report,
      model: smaller,
    } = await prune(original, { pruner: neuron(), scorer: l2(), target: { macs } });
    expect(decided.plan).toEqual(plan);
    const { verification, importance, ...estimated } = report;
    expect([verification?.exact, importance?.length]).toEqual([true, 2]);
    expect(estimate(decided)).toEqual(estimated);
    const finished = await pruning.carryOut(decided);
    expect(finished.model.toBytes()).toEqual(smaller.toBytes());
  }
  const free = pruning.analysis.groups.filter(({ blocked }) => !blocked);
  expect(asked()).toBe(free.reduce((sum, { members }) => sum + members.length, 0));
});

test("an estimate counts the zeros that masks will leave", async () => {
  const original = await model();
  const pruning = await preparePruning(original, { pruner: neuron(), scorer: l2() });
  const decided = await pruning.decide({ sparsity: 0.6 }, connection());
  const finished = await pruning.carryOut(decided);
  expect(estimate(decided).zeros).toEqual(finished.report.zeros);
  expect(finished.report.zeros![1]).toBeGreaterThan(finished.report.zeros![0] + 100_000);
});

test("what cannot be decided is an error of that decision alone", async () => {
  const pruning = await preparePruning(await model(), { pruner: neuron(), scorer: l2() });
  await expect(pruning.decide(parseTarget({ macs: 0.001 }))).rejects.toMatchObject({ code: "target-unreachable" });
  await expect(pruning.decide(parseTarget({ macs: 0.5 }))).resolves.toBeDefined();
});
