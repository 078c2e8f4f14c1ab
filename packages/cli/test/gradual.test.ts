import { onnxModel, onnxruntimeNode, ortRuntime } from "@prune/backend-onnx/node";
import {
  type Decision,
  goneAfter,
  type Model,
  parsePlan,
  prune,
  pruneGradually,
  type Pruner,
  type RecoveryStep,
  replay,
  type Schedule,
  type Scorer,
  type Target,
} from "@prune/core";
import { Network } from "@prune/core/testing";
import { neuron } from "@prune/pruner-neuron";
import { l2 } from "@prune/scorer-magnitude";
import { describe, expect, test } from "vitest";

const runtime = ortRuntime(onnxruntimeNode);

/** Convolutions with a shortcut, BatchNormalization and a classifier. */
function residual(): Model {
  const net = new Network();
  const x = net.input("x", ["batch", 3, 6, 6]);
  const stem = net.relu(net.conv("a", x, 16, { size: 3 }));
  const branch = net.conv("c", net.relu(net.conv("b", stem, 24, { size: 3 })), 16, { size: 3, bias: false });
  const sum = net.relu(net.add(net.batchNorm("n", branch), stem));
  return onnxModel(net.graph(net.gemm("f", net.reshape(net.pool(sum), [0, -1]), 5)), { runtime });
}

const schedule = { shape: "cubic", steps: 3 } as const;
const fine = neuron({ roundTo: 1 });
const x = { dtype: "float32" as const, dims: [2, 3, 6, 6], data: Float32Array.from({ length: 216 }, (_, i) => Math.sin(i)) }; // prettier-ignore
const calibration = { count: 2, batchSize: 2, batch: () => ({ x }) };

test("what is gone after each step", () => {
  const shares = (shape: Schedule["shape"], steps: number, left = 0.5): number[] =>
    Array.from({ length: steps }, (_, i) => goneAfter({ shape, steps }, i + 1, left));
  expect(shares("linear", 4)).toEqual([0.25, 0.5, 0.75, 1]);
  expect(shares("cubic", 2)).toEqual([0.875, 1]);
  expect(shares("cubic", 1)).toEqual([1]);
  // Half of what is left, twice: a half and a quarter stay, of three quarters that go.
  expect(shares("exponential", 2, 0.25)).toEqual([0.5 / 0.75, 1]);
  expect(shares("exponential", 2, 1)).toEqual([0.5, 1]);
});

/** A pruner that tells what it is asked for. */
function telling(pruner: Pruner, heard: (target: Target, channels: number) => void): Pruner {
  return {
    ...pruner,
    decide: (context) => {
      heard(context.target, context.groups.reduce((sum, { size }) => sum + size, 0)); // prettier-ignore
      return pruner.decide(context);
    },
  };
}

describe("a budget", () => {
  test("is met after the last step; the plan replays to the same bytes", async () => {
    const model = residual();
    const asked: number[] = [];
    const pruner = telling(fine, (target) => asked.push("ratio" in target ? target.ratio : NaN));
    const result = await pruneGradually(model, { pruner, scorer: l2(), target: { macs: 0.4 }, schedule });
    const { before, after, verification } = result.report;
    expect(after.macs / before.macs).toBeLessThanOrEqual(0.4);
    expect(verification).toMatchObject({ exact: true });
    // 1 − 0.6·(1 − (2/3)³) of the original, then less of what is left.
    expect(asked[0]).toBeCloseTo(1 - 0.6 * (1 - (2 / 3) ** 3), 9);
    expect(asked).toHaveLength(3);
    for (const ratio of asked) expect(ratio).toBeLessThan(1);
    const again = await replay(model, parsePlan(JSON.stringify(result.plan)));
    expect(again.model.toBytes()).toEqual(result.model.toBytes());
  });

  test("in one step is met as without a schedule", async () => {
    const options = { pruner: fine, scorer: l2(), target: { params: 0.5 } };
    const [a, b] = [await pruneGradually(residual(), { ...options, schedule: { shape: "linear", steps: 1 } }), await prune(residual(), options)]; // prettier-ignore
    expect(a.plan).toEqual(b.plan);
    expect(a.model.toBytes()).toEqual(b.model.toBytes());
    expect(a.report).toEqual(b.report);
  });
});

test("a sparsity is of the original's channels", async () => {
  const sizes: number[] = [];
  const pruner = telling(fine, (_, channels) => sizes.push(channels));
  const options = {
    pruner,
    scorer: l2(),
    target: { sparsity: 0.75 },
    schedule: { shape: "linear", steps: 3 } as const,
  };
  const { plan } = await pruneGradually(residual(), options);
  expect(sizes).toEqual([40, 30, 20]);
  expect(plan.groups.map(({ size, kept }) => [size, kept])).toEqual(expect.arrayContaining([[16, 4], [24, 6]])); // prettier-ignore
});

test("every recovery starts from the weights before it, and aims at the original", async () => {
  const model = residual();
  const seen: { original: boolean; removed: number; bias: number }[] = [];
  const step: RecoveryStep = {
    name: "count",
    recover: ({ analysis, cut, pruned }) => {
      const bias = pruned.parameters.get("f.bias")!;
      const values = new Float32Array(bias.bytes().slice().buffer);
      const removed = [...cut.removed.values()].reduce((sum, gone) => sum + gone.reduce((n, v) => n + v, 0), 0);
      seen.push({ original: analysis.original === model.graph, removed, bias: values[0]! });
      const changed = { ...bias, bytes: () => new Uint8Array(values.map((v) => v + 1).buffer) };
      return Promise.resolve({
        graph: { ...pruned, parameters: new Map([...pruned.parameters, ["f.bias", changed]]) },
      });
    },
  };
  const options = { pruner: fine, scorer: l2(), target: { sparsity: 0.75 }, calibration, recover: [step] };
  const { report } = await pruneGradually(model, { ...options, schedule: { shape: "linear", steps: 3 } });
  const first = seen[0]!.bias;
  expect(seen).toEqual([10, 20, 30].map((removed, i) => ({ original: true, removed, bias: expect.closeTo(first + i, 4) as number }))); // prettier-ignore
  expect(report.recovery!.map(({ name }) => name)).toEqual([1, 2, 3].map((i) => `count, step ${i} of 3`));
});

test("masks and values of later steps are written down in terms of the original", async () => {
  const decisions: ((context: Parameters<Pruner["decide"]>[0]) => Decision)[] = [
    ({ groups }) => ({ removed: new Map(groups.map((g) => [g, Uint8Array.from({ length: g.size }, (_, i) => (i % 4 ? 0 : 1))])) }), // prettier-ignore
    ({ analysis }) => {
      const size = analysis.operands.constants.get("b.weight")!.dims.reduce((a, b) => a * b, 1);
      return { masks: new Map([["b.weight", Uint8Array.from({ length: size }, (_, i) => i % 2)]]) };
    },
    ({ analysis, groups }) => ({
      removed: new Map(groups.map((g) => [g, Uint8Array.from({ length: g.size }, (_, i) => (i === 1 ? 1 : 0))])),
      values: new Map([["b.bias", new Float32Array(analysis.operands.constants.get("b.bias")!.dims[0]!).fill(0.5)]]),
    }),
  ];
  let at = 0;
  const pruner: Pruner = { name: "test", decide: (context) => Promise.resolve(decisions[at++]!(context)) };
  const scorer: Scorer = { name: "none", needs: [] };
  const model = residual();
  const result = await pruneGradually(model, { pruner, scorer, target: { sparsity: 0.5 }, schedule });
  expect(result.report.verification).toMatchObject({ exact: true });
  const again = await replay(model, parsePlan(JSON.stringify(result.plan)));
  expect(again.model.toBytes()).toEqual(result.model.toBytes());
});

test("what has no steps is refused", async () => {
  const options = { pruner: fine, scorer: l2() };
  const message = (more: object) =>
    pruneGradually(residual(), { ...options, schedule, target: { macs: 0.5 }, ...more }).then(
      () => "nothing",
      (error: unknown) => String(error),
    );
  expect(await message({ schedule: { shape: "linear", steps: 0 } })).toContain("a whole number of at least 1, got 0");
  expect(await message({ target: { latency: 0.5 } })).toContain("give macs, params, bytes or sparsity");
  expect(await message({ pruner: { ...fine, untargeted: true } })).toContain('"neuron" goes by what it finds');
});
