import { onnxModel, onnxruntimeNode, ortRuntime } from "@prune/backend-onnx/node";
import { type Graph, type Model, nodeOf, prune, replay, type RunTensor, sizeOf, verifyPruned } from "@prune/core";
import { Network } from "@prune/core/testing";
import { describe, expect, test } from "vitest";
import { decoder, DECODER, type DecoderForm } from "../../backend-onnx/test/decoder.ts";
import { vocabulary } from "../src/index.ts";

const runtime = ortRuntime(onnxruntimeNode);
const modelOf = (graph: Graph): Model => onnxModel(graph, { runtime });
const KEEP = [2, 3, 5, 8, 13, 16];

/** Scores `[tokens of a text, vocabulary]` of a text without any past. */
async function scores({ graph }: Model, ids: readonly number[]): Promise<number[][]> {
  const int64 = (values: readonly number[]): RunTensor => ({ dtype: "int64", dims: [1, values.length], data: BigInt64Array.from(values, BigInt) }); // prettier-ignore
  const session = await runtime.open(graph, { cpu: true });
  try {
    const feeds = graph.inputs.map(({ name, dims }): [string, RunTensor] => {
      if (name === "input_ids") return [name, int64(ids)];
      if (name === "attention_mask") return [name, int64(ids.map(() => 1))];
      if (name === "position_ids") return [name, int64(ids.map((_, i) => i))];
      const sizes = dims!.map((d) => (typeof d === "number" ? d : d === "batch" ? 1 : 0));
      return [name, { dtype: "float32", dims: sizes, data: new Float32Array(sizeOf(sizes)) }];
    });
    const { data, dims } = (await session.run(Object.fromEntries(feeds), ["logits"]))["logits"]!;
    const width = dims.at(-1)!;
    return ids.map((_, i) => Array.from((data as Float32Array).subarray(i * width, (i + 1) * width)));
  } finally {
    await session.release();
  }
}

test.each<readonly [string, DecoderForm]>([
  ["tied to the last layer", {}],
  ["apart from the last layer", { tied: false }],
  ["with caches", { cache: "pairs" }],
  ["under GroupQueryAttention", { attention: "GroupQueryAttention", cache: "pairs" }],
])("of tokens that stay, scores are what they were: a table %s", async (_, form) => {
  const model = modelOf(decoder(form));
  const { model: smaller, report, plan } = await prune(model, { pruner: vocabulary({ keep: KEEP }) });
  expect(report.verification).toMatchObject({ exact: true, lossless: true });
  expect(plan.tokens).toEqual({ input: "input_ids", kept: KEEP });
  expect(report.notes).toMatchObject({ tokens: { input: "input_ids", kept: KEEP } });
  expect(report.signature).toContainEqual({ name: "logits", kind: "output", before: ["batch", "sequence", 17], after: ["batch", "sequence", 6] }); // prettier-ignore
  expect(report.before.params - report.after.params).toBe((form.tied === false ? 2 : 1) * 11 * DECODER.width);
  const text = [5, 16, 2, 2, 13, 8];
  const [before, after] = [await scores(model, text), await scores(smaller, text.map((id) => KEEP.indexOf(id)))]; // prettier-ignore
  before.forEach((row, i) => {
    KEEP.forEach((id, k) => expect(after[i]![k]).toBeCloseTo(row[id]!, 5));
  });
});

test("the order of the list does not matter; a plan replays, and proves itself for a file", async () => {
  const model = modelOf(decoder());
  const made = await prune(model, { pruner: vocabulary({ keep: KEEP.toReversed() }) });
  expect(made.plan.tokens?.kept).toEqual(KEEP);
  const plan = JSON.parse(JSON.stringify(made.plan)) as typeof made.plan;
  const again = await replay(model, plan);
  expect(again.model.toBytes()).toEqual(made.model.toBytes());
  const found = await verifyPruned(model, modelOf(made.model.graph), plan);
  expect(found).toMatchObject({ exact: true, lossless: true });
});

test("a network without scores loses rows of the table with the most", async () => {
  const net = new Network();
  const ids = net.op("Cast", [net.op("Abs", [net.input("x", ["batch", 4])])], { to: 7 });
  const graph = net.graph(net.linear("out", net.op("Gather", [net.weight("table", [20, 6]), ids], {}, ([n, s] = []) => [n!, s!, 6]), 3)); // prettier-ignore
  // As an encoder takes it: ids as they are.
  const [abs, cast] = graph.nodes;
  const nodes = graph.nodes.filter((n) => n !== abs && n !== cast).map((n) => (n.opType === "Gather" ? nodeOf("Gather", ["table", "x"], n.outputs) : n)); // prettier-ignore
  const encoder = { ...graph, nodes, inputs: [{ name: "x", dtype: "int64", dims: ["batch", 4] } as const] };
  const { plan, report } = await prune(modelOf(encoder), { pruner: vocabulary({ keep: [1, 4, 19] }) });
  expect(plan.axes).toEqual([{ tensor: "table", axis: 0, size: 20, keep: [1, 4, 19] }]);
  expect(report.verification).toMatchObject({ lossless: true });
});

describe("errors", () => {
  test("lists that name no tokens, or wrong ones", async () => {
    expect(() => vocabulary({ keep: [] })).toThrow("Option keep lists no token.");
    expect(() => vocabulary({ keep: [3, 1, 3] })).toThrow("Option keep lists token 3 twice.");
    expect(() => vocabulary({ keep: [1.5] })).toThrow("Option keep lists 1.5, which is no token id");
    expect(() => vocabulary({ keep: [-1] })).toThrow("Option keep lists -1, which is no token id");
    await expect(prune(modelOf(decoder()), { pruner: vocabulary({ keep: [0, 17] }) })).rejects.toThrow(
      "Option keep lists token 17; the model's vocabulary has 17 tokens, from 0 to 16. Is the list for another model?",
    );
    const all = Array.from({ length: 17 }, (_, i) => i);
    await expect(prune(modelOf(decoder()), { pruner: vocabulary({ keep: all }) })).rejects.toMatchObject({
      code: "nothing-to-prune",
    });
  });

  test("scores that are made into shares, ids that are computed with, no ids", async () => {
    const graph = decoder();
    const shares = { ...graph, nodes: [...graph.nodes, nodeOf("Softmax", ["logits"], ["shares"], { axis: -1 })], outputs: [{ ...graph.outputs[0]!, name: "shares" }] }; // prettier-ignore
    await expect(prune(modelOf(shares), { pruner: vocabulary({ keep: KEEP }) })).rejects.toThrow(
      'the vocabulary in "embed_tokens.weight" Softmax over this axis',
    );
    const padded = { ...graph, nodes: [...graph.nodes, nodeOf("Equal", ["input_ids", "ints_0"], ["pads"])], outputs: [...graph.outputs, { name: "pads", dtype: "bool", dims: undefined } as const] }; // prettier-ignore
    await expect(prune(modelOf(padded), { pruner: vocabulary({ keep: KEEP }) })).rejects.toThrow(
      '"input_ids" is also read by Equal',
    );
    const net = new Network();
    const plain = net.graph(net.gemm("b", net.gemm("a", net.input("x", ["batch", 4]), 5), 3));
    await expect(prune(modelOf(plain), { pruner: vocabulary({ keep: KEEP }) })).rejects.toThrow(
      "no integers of an input look up the rows of a table",
    );
  });
});
