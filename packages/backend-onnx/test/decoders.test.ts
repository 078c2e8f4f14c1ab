import {
  analyzeModel,
  applyCut,
  type Cut,
  cutOf,
  type Graph,
  type RunTensor,
  type RunValues,
  verify,
} from "@prune/core";
import { describe, expect, test } from "vitest";
import { onnxModel, onnxruntimeNode, ortRuntime, readOnnx } from "../src/node/index.ts";
import { cutAllOf } from "./cut-all.ts";
import { decoder, DECODER, type DecoderForm } from "./decoder.ts";

// Language models as they are exported: what can be cut from them, cut and compared as in operator-cuts.test.ts.

const runtime = ortRuntime(onnxruntimeNode);

/** What of a layer can be cut: groups of heads, heads of each group, features of values, hidden units; and of all layers. */
interface Cuts {
  readonly form: DecoderForm;
  readonly layer: readonly string[];
  /** Frequencies of positions, where these are not turned inside an operator. */
  readonly shared?: readonly string[];
}

const FORMS: Readonly<Record<string, Cuts>> = {
  "as PyTorch exports it": { form: {}, layer: ["3", "2", "16", "10"], shared: ["8"] },
  "with a last layer of its own": { form: { tied: false }, layer: ["3", "2", "16", "10"], shared: ["8"] },
  "with keys and values of earlier steps": { form: { cache: "pairs" }, layer: ["3", "2", "16", "10"], shared: ["8"] },
  "with both in one tensor": { form: { cache: "stacked" }, layer: ["3", "2", "10"], shared: ["8"] },
  "with normalised queries and keys": {
    form: { headNorms: true },
    layer: ["3", "2", "16", "10"],
    shared: ["8 inexact"],
  },
  "as ONNX Runtime optimises it": {
    form: { rotary: "com.microsoft:RotaryEmbedding", norm: "SimplifiedLayerNormalization", gate: "Gelu" },
    layer: ["3", "2", "16", "10"],
    shared: ["8"],
  },
  "with GroupQueryAttention": { form: { attention: "GroupQueryAttention", cache: "pairs" }, layer: ["3", "2", "10"] },
  "of opset 23": {
    form: { attention: "Attention", rotary: "RotaryEmbedding", norm: "RMSNormalization", opset: 23, cache: "pairs" },
    layer: ["3", "2", "16", "10"],
    shared: ["8"],
  },
};

test.each(Object.entries(FORMS))("a decoder %s", async (_, { form, layer, shared = [] }) => {
  const found = (await cutAllOf(decoder(form))).split(", ");
  expect(found.toSorted()).toEqual([...layer, ...layer, ...shared, "12 inexact"].toSorted());
});

describe("caches", () => {
  /** The network without the second group of heads in the first layer. */
  async function narrowed(form: DecoderForm): Promise<Graph> {
    const analysis = await analyzeModel(onnxModel(decoder(form), { runtime }));
    const group = analysis.groups.find((g) => g.kind === "heads" && g.size === DECODER.groups)!;
    const cut = cutOf(analysis, new Map([[group, Uint8Array.of(0, 1, 0)]]));
    const graph = applyCut(analysis, cut);
    await verify(analysis, cut, graph, runtime);
    return graph;
  }

  const shapes = (graph: Graph): string[] =>
    [...graph.inputs, ...graph.outputs].map(({ name, dims }) => `${name} [${dims!.join(", ")}]`);

  test("become narrower with the heads that they are of, in the file as well", async () => {
    const graph = await narrowed({ cache: "pairs" });
    expect(shapes(graph).filter((text) => /past_key|present/.test(text))).toEqual([
      "past_key_values.0.key [batch, 2, past, 16]",
      "past_key_values.0.value [batch, 2, past, 16]",
      "past_key_values.1.key [batch, 3, past, 16]",
      "past_key_values.1.value [batch, 3, past, 16]",
      "present.0.key [batch, 2, past + sequence, 16]",
      "present.0.value [batch, 2, past + sequence, 16]",
      "present.1.key [batch, 3, past + sequence, 16]",
      "present.1.value [batch, 3, past + sequence, 16]",
    ]);
    expect(shapes(readOnnx(onnxModel(graph, { runtime }).toBytes()))).toEqual(shapes(graph));
    expect(shapes(await narrowed({ cache: "stacked" }))).toContain("past_0 [2, batch, 2, past, 16]");
  });

  test("a cut of other heads is told apart", async () => {
    const analysis = await analyzeModel(onnxModel(decoder({ cache: "pairs" }), { runtime }));
    const group = analysis.groups.find((g) => g.kind === "heads" && g.size === DECODER.groups)!;
    const without = (gone: number): Cut => cutOf(analysis, new Map([[group, Uint8Array.from({ length: 3 }, (_, i) => Number(i === gone))]])); // prettier-ignore
    const graph = applyCut(analysis, without(1));
    await expect(verify(analysis, without(0), graph, runtime)).rejects.toMatchObject({ code: "verification-failed" });
  });

  test.each([
    ["one by one", { cache: "pairs" }],
    ["stacked", { cache: "stacked" }],
    ["of GroupQueryAttention", { attention: "GroupQueryAttention", cache: "pairs" }],
    ["of Attention", { attention: "Attention", opset: 23, cache: "pairs" }],
  ] as const)("token by token, a narrowed network says what it says of all at once: %s", async (_, form) => {
    const graph = await narrowed(form);
    const ids = [3, 14, 1, 5, 9, 2];
    const session = await runtime.open(graph, { cpu: true });
    const int64 = (values: readonly number[]): RunTensor => ({ dtype: "int64", dims: [1, values.length], data: BigInt64Array.from(values, BigInt) }); // prettier-ignore
    const feeds = (tokens: readonly number[], from: number, caches: RunValues): RunValues => {
      const all: RunValues = { input_ids: int64(tokens), attention_mask: int64(Array.from({ length: from + tokens.length }, () => 1)), position_ids: int64(tokens.map((_, i) => from + i)), ...caches }; // prettier-ignore
      return Object.fromEntries(graph.inputs.map(({ name }) => [name, all[name]!]));
    };
    const pastOf = (name: string): string => name.replace("present.", "past_key_values.").replace("present_", "past_");
    const cached = (results: RunValues): RunValues => Object.fromEntries(Object.entries(results).filter(([name]) => name.startsWith("present")).map(([name, value]) => [pastOf(name), value])); // prettier-ignore
    const empty = Object.fromEntries(
      graph.inputs.filter((v) => v.dtype === "float32").map(({ name, dims }): [string, RunTensor] => {
        const sizes = dims!.map((d) => (typeof d === "number" ? d : d === "batch" ? 1 : 0));
        return [name, { dtype: "float32", dims: sizes, data: new Float32Array(0) }];
      }),
    ); // prettier-ignore
    try {
      const whole = (await session.run(feeds(ids, 0, empty)))["logits"]!.data as Float32Array;
      let caches: RunValues = empty;
      for (const [i, id] of ids.entries()) {
        const step = await session.run(feeds([id], i, caches));
        const logits = step["logits"]!.data as Float32Array;
        logits.forEach((x, k) => expect(x).toBeCloseTo(whole[i * DECODER.tokens + k]!, 4));
        caches = cached(step);
      }
    } finally {
      await session.release();
    }
  });
});
