import { onnxModel, onnxruntimeNode, ortRuntime } from "@prune/backend-onnx/node";
import {
  analyzeModel,
  type Graph,
  type Model,
  prune,
  type PruneResult,
  replay,
  sizeOf,
  verifyPruned,
} from "@prune/core";
import { expect, test } from "vitest";
import { decoder, type DecoderForm } from "../../backend-onnx/test/decoder.ts";
import { merged } from "../../backend-onnx/test/merged.ts";
import { findBlocks, layer } from "../src/index.ts";

const runtime = ortRuntime(onnxruntimeNode);
const modelOf = (form: DecoderForm): Model => onnxModel(decoder(form), { runtime });
const names = ({ inputs, outputs }: Graph): string[] => [...inputs, ...outputs].map((v) => v.name);

/** Takes out the block of the given layer. */
const withoutBlock = (model: Model, number: number): Promise<PruneResult> =>
  prune(model, {
    pruner: layer({ rank: "mean" }),
    target: { sparsity: 0.5 },
    scorer: {
      name: "test",
      needs: [],
      scoreWeights: ({ tensor }) => new Float32Array(sizeOf(tensor.dims)).fill(tensor.name.includes(`layers.${number}.`) ? 0 : 1), // prettier-ignore
    },
  });

test.each(["pairs", "stacked"] as const)("a block takes its caches with it: %s", async (cache) => {
  const model = modelOf({ cache });
  for (const number of [0, 1]) {
    const { model: smaller, plan, report } = await withoutBlock(model, number);
    const gone = names(model.graph).filter((name) => /past|present/.test(name) && name.includes(`${number}`));
    expect(gone).toHaveLength(cache === "pairs" ? 4 : 2);
    expect(names(smaller.graph)).toEqual(names(model.graph).filter((name) => !gone.includes(name)));
    expect(plan.dropped?.toSorted()).toEqual(gone.toSorted());
    expect(smaller.graph.nodes.filter((n) => n.name.startsWith(`layers.${number}.`))).toEqual([]);
    expect(report.verification).toMatchObject({ exact: true });
    expect(report.signature?.map(({ name, after }) => [name, after])).toEqual(gone.map((name) => [name, undefined]));
  }
});

test("a block of a first step takes what it yields with it", async () => {
  const model = modelOf({ cache: "first" });
  const { model: smaller, plan, report } = await withoutBlock(model, 0);
  expect(names(smaller.graph).filter((name) => /past|present/.test(name))).toEqual([
    "present.1.key",
    "present.1.value",
  ]);
  expect(plan.dropped?.toSorted()).toEqual(["present.0.key", "present.0.value"]);
  expect(report.verification).toMatchObject({ exact: true });
});

test("a branch of a merged decoder loses no block that the other one has as well", async () => {
  for (const weights of ["shared", "twice"] as const) {
    const graph = merged(decoder({ cache: "first" }), decoder({ cache: "pairs" }), weights);
    expect(findBlocks(await analyzeModel(onnxModel(graph, { runtime })))).toEqual([]);
  }
});

test("what counts positions by the cache of a block that leaves counts by that of another", async () => {
  for (const cache of ["pairs", "stacked"] as const) {
    const model = modelOf({ cache, positions: "counted" });
    const [first, other] =
      cache === "pairs" ? ["past_key_values.0.key", "past_key_values.1.key"] : ["past_0", "past_1"];
    const { model: smaller, plan, report } = await withoutBlock(model, 0);
    expect(plan.replace).toContainEqual({ value: first, by: other });
    expect(names(smaller.graph)).not.toContain(first);
    expect(report.verification).toMatchObject({ exact: true });
    const again = await replay(model, plan);
    expect(again.model.toBytes()).toEqual(smaller.toBytes());
    expect(await verifyPruned(model, onnxModel(smaller.graph, { runtime }), plan)).toMatchObject({ exact: true });
  }
});

test("ONNX Runtime's own attention leaves with its caches too", async () => {
  const model = modelOf({ attention: "GroupQueryAttention", cache: "pairs" });
  const { model: smaller } = await withoutBlock(model, 1);
  expect(names(smaller.graph)).toEqual(["input_ids", "attention_mask", "past_key_values.0.key", "past_key_values.0.value", "logits", "present.0.key", "present.0.value"]); // prettier-ignore
});
