import { onnxModel, onnxruntimeNode, ortRuntime } from "@prune/backend-onnx/node";
import { type DataSource, prune, type Pruner, type RunTensor } from "@prune/core";
import { expect, test } from "vitest";
import { decoder, DECODER } from "../../backend-onnx/test/decoder.ts";
import { bias, distill, finetune, reconstruct } from "../src/index.ts";

const [STEPS, PAST] = [5, 3];

/** Texts after `PAST` steps, whose keys and values are as wide as those of the network that is pruned. */
const texts = (count: number): DataSource => ({
  count,
  batchSize: 8,
  batch(from, to) {
    const n = to - from;
    const int64 = (length: number, make: (i: number, sample: number) => number): RunTensor => ({
      dtype: "int64",
      dims: [n, length],
      data: BigInt64Array.from({ length: n * length }, (_, i) =>
        BigInt(make(i % length, from + Math.floor(i / length))),
      ),
    });
    const cache = (k: number): RunTensor => ({
      dtype: "float32",
      dims: [n, DECODER.groups, PAST, DECODER.size],
      data: Float32Array.from({ length: n * DECODER.groups * PAST * DECODER.size }, (_, i) =>
        Math.sin(i + k + 31 * from),
      ),
    });
    return {
      input_ids: int64(STEPS, (i, s) => (7 * i + 5 * s + i * s) % DECODER.tokens),
      attention_mask: int64(PAST + STEPS, () => 1),
      position_ids: int64(STEPS, (i) => PAST + i),
      ...Object.fromEntries([0, 1].flatMap((layer) => ["key", "value"].map((part, i) => [`past_key_values.${layer}.${part}`, cache(layer + 2 * i)]))), // prettier-ignore
    };
  },
});

const everyThird: Pruner = {
  name: "every-third",
  untargeted: true,
  decide: ({ groups }) => Promise.resolve({ removed: new Map(groups.map((g) => [g, Uint8Array.from({ length: g.size }, (_, i) => Number(i % 3 === 1))])) }), // prettier-ignore
};

test(
  "a network with narrower caches recovers on data that was made for the original",
  { timeout: 60_000 },
  async () => {
    const model = onnxModel(decoder({ cache: "pairs" }), { runtime: ortRuntime(onnxruntimeNode) });
    const { model: smaller, report } = await prune(model, {
      pruner: everyThird,
      calibration: texts(64),
      recover: [bias(), reconstruct(), distill({ loss: "kl", epochs: 6, lr: 1e-3, batchSize: 8 })],
    });
    const caches = smaller.graph.inputs.filter((v) => v.name.startsWith("past"));
    expect(caches.map((v) => v.dims?.[1])).toEqual([2, 2, 2, 2]);
    expect(report.signature).toHaveLength(8);
    expect(report.signature).toContainEqual({
      name: "present.1.value",
      kind: "output",
      before: ["batch", 3, "past + sequence", 16],
      after: ["batch", 2, "past + sequence", 16],
    });
    const [, reconstructed, distilled] = report.recovery!;
    const { before, after } = reconstructed!.notes!.outputError!;
    expect(after).toBeLessThan(before);
    const { loss } = distilled!.notes!.heldOut!;
    expect(loss.after).toBeLessThan(loss.before);
  },
);

test("a network without a block learns from one that has its caches", { timeout: 60_000 }, async () => {
  const model = onnxModel(decoder({ cache: "pairs" }), { runtime: ortRuntime(onnxruntimeNode) });
  const caches = ["past_key_values.1.key", "past_key_values.1.value", "present.1.key", "present.1.value"];
  const withoutLast: Pruner = {
    name: "without-last",
    untargeted: true,
    decide: () => Promise.resolve({ bypassed: new Map([["layers.1.out", "layers.0.out"]]), dropped: new Set(caches) }),
  };
  const { model: smaller, report } = await prune(model, {
    pruner: withoutLast,
    calibration: texts(64),
    recover: [reconstruct(), distill({ loss: "kl", epochs: 6, lr: 1e-3, batchSize: 8 })],
  });
  expect(smaller.graph.inputs.map((v) => v.name).filter((name) => caches.includes(name))).toEqual([]);
  const { before, after } = report.recovery![0]!.notes!.outputError!;
  expect(after).toBeLessThan(before);
  const { loss } = report.recovery![1]!.notes!.heldOut!;
  expect(loss.after).toBeLessThanOrEqual(loss.before);
});

test("labels of every position are what a decoder is trained on", { timeout: 60_000 }, async () => {
  const model = onnxModel(decoder(), { runtime: ortRuntime(onnxruntimeNode) });
  const count = 64;
  const { batch, ...about } = texts(count);
  // What comes next is what was there, one more.
  const next = (ids: RunTensor): Int32Array => Int32Array.from(ids.data as BigInt64Array, (id) => (Number(id) + 1) % DECODER.tokens); // prettier-ignore
  const alone = (from: number, to: number): ReturnType<DataSource["batch"]> => {
    const { input_ids, position_ids } = batch(from, to);
    const seen = { ...input_ids!, data: BigInt64Array.from({ length: input_ids!.data.length }, () => 1n) };
    return { input_ids: input_ids!, position_ids: position_ids!, attention_mask: seen };
  };
  const training = { ...about, batch: alone, labels: next(batch(0, count)["input_ids"]!), labelDims: [STEPS] };
  const { report } = await prune(model, {
    pruner: everyThird,
    calibration: training,
    recover: [finetune({ epochs: 20, lr: 1e-2, batchSize: 8, teacher: 0 })],
  });
  const { metric } = report.recovery![0]!.notes!.heldOut!;
  expect(metric!.name).toBe("accuracy");
  expect(metric!.after).toBeGreaterThan(metric!.before + 0.3);
});
