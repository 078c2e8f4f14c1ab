import { type Graph, prune, type PruneResult, type RunTensor, type RunValues, verifyPruned } from "@prune/core";
import { onnxModel, onnxruntimeNode, ortRuntime, readOnnx } from "@prune/backend-onnx/node";
import { neuron } from "@prune/pruner-neuron";
import { l2 } from "@prune/scorer-magnitude";
import { describe, expect, test } from "vitest";
import { CROSS, crossDecoder } from "../../backend-onnx/test/cross-decoder.ts";
import { decoder } from "../../backend-onnx/test/decoder.ts";
import { merged } from "../../backend-onnx/test/merged.ts";
import { tokenByToken } from "../../backend-onnx/test/token-by-token.ts";

const runtime = ortRuntime(onnxruntimeNode);
const ids = [3, 14, 1, 5, 9, 2];
const FRAMES = 5;

/** What the encoder said. */
const frames: RunTensor = { dtype: "float32", dims: [1, FRAMES, CROSS.width], data: Float32Array.from({ length: FRAMES * CROSS.width }, (_, i) => Math.sin(i)) }; // prettier-ignore
/** Inputs that merged decoders have besides, and those of a first step. */
const besides = ({ inputs }: Graph) => (from: number): RunValues => {
  const all = { use_cache_branch: { dtype: "bool", dims: [1], data: Uint8Array.of(Number(from > 0)) }, encoder_hidden_states: frames } as const; // prettier-ignore
  return Object.fromEntries(Object.entries(all).filter(([name]) => inputs.some((v) => v.name === name)));
};
const said = (graph: Graph, prompt: number): Promise<number[][]> => tokenByToken(graph, ids, { runtime, prompt, more: besides(graph) }); // prettier-ignore

const halved = (graph: Graph): Promise<PruneResult> => prune(onnxModel(graph, { runtime }), { pruner: neuron(), scorer: l2(), target: { macs: 0.5 } }); // prettier-ignore

const near = (a: number[][], b: number[][]): void => {
  expect([a.length, b.length]).toEqual([ids.length, ids.length]);
  a.flat().forEach((x, i) => expect(x).toBeCloseTo(b.flat()[i]!, 4));
};

describe("merged", () => {
  test.each([
    ["a decoder", merged(decoder({ cache: "first" }), decoder({ cache: "pairs" }))],
    ["a decoder with an encoder", merged(crossDecoder("first"), crossDecoder("next"))],
    ["a decoder that hands on what it was given", merged(crossDecoder("first"), crossDecoder("handing on"))],
  ])("%s loses half of its MACs, and its branches agree", async (_, graph) => {
    const model = onnxModel(graph, { runtime });
    near(await said(graph, 1), await said(graph, 3));
    const { model: smaller, plan, report } = await halved(graph);
    console.log(report.before, report.after, report.verification, report.signature?.map((c) => `${c.name} ${c.before} ${c.after}`), report.blocked);
    const again = readOnnx(smaller.toBytes());
    expect(await verifyPruned(model, onnxModel(again, { runtime }), plan)).toMatchObject({ exact: true });
    near(await said(again, 1), await said(again, 3));
  });
});
