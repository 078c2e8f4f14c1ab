import {
  analyzeModel,
  answersOf,
  applyCut,
  type Cut,
  cutOf,
  float32Tensor,
  type Graph,
  toNumbers,
  verify,
} from "@prune/core";
import { describe, expect, test } from "vitest";
import { onnxModel, onnxruntimeNode, ortRuntime, readOnnx } from "../src/node/index.ts";
import { cutAllOf } from "./cut-all.ts";
import { decoder, DECODER, type DecoderForm } from "./decoder.ts";
import { tokenByToken } from "./token-by-token.ts";

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
  "of the first step, which yields caches": { form: { cache: "first" }, layer: ["3", "2", "16", "10"], shared: ["8"] },
  "that attends to the last steps of a cache": {
    form: { cache: "attended" },
    layer: ["3", "2", "16", "10"],
    shared: ["8"],
  },
  "that keeps the last steps": { form: { cache: "kept" }, layer: ["3", "2", "16", "10"], shared: ["8"] },
  "that writes into a cache": { form: { cache: "written" }, layer: ["3", "2", "16", "10"], shared: ["8"] },
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
  "with GroupQueryAttention in the first step": {
    form: { attention: "GroupQueryAttention", cache: "first" },
    layer: ["3", "2", "10"],
  },
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
  async function narrowed(given: Graph): Promise<Graph> {
    const analysis = await analyzeModel(onnxModel(given, { runtime }));
    const group = analysis.groups.find((g) => g.kind === "heads" && g.size === DECODER.groups)!;
    const cut = cutOf(analysis, new Map([[group, Uint8Array.of(0, 1, 0)]]));
    const graph = applyCut(analysis, cut);
    await verify(analysis, cut, graph, runtime);
    return graph;
  }

  /** The network in which what these heads find is multiplied with zero. */
  function muted(graph: Graph): Graph {
    const name = "layers.0.self_attn.o_proj.weight";
    const weight = graph.parameters.get(name)!;
    const rows = (DECODER.heads / DECODER.groups) * DECODER.size;
    const zeros = toNumbers(weight).map((x, i) => (Math.floor(i / DECODER.width / rows) === 1 ? 0 : x));
    return { ...graph, parameters: new Map([...graph.parameters, [name, float32Tensor(name, zeros, weight.dims)]]) };
  }

  const shapes = (graph: Graph): string[] =>
    [...graph.inputs, ...graph.outputs].map(({ name, dims }) => `${name} [${dims!.join(", ")}]`);

  test("become narrower with the heads that they are of, in the file as well", async () => {
    const graph = await narrowed(decoder({ cache: "pairs" }));
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
    expect(shapes(await narrowed(decoder({ cache: "stacked" })))).toContain("past_0 [2, batch, 2, past, 16]");
    expect(shapes(await narrowed(decoder({ cache: "first" })))).toContain("present.0.key [batch, 2, sequence, 16]");
    expect(shapes(await narrowed(decoder({ cache: "written" })))).toContain("past_key_values.0.key [batch, 2, 24, 16]");
  });

  test("keep their shapes where that is asked for", async () => {
    for (const cache of ["pairs", "first"] as const) {
      const model = onnxModel(decoder({ cache }), { runtime });
      const analysis = await analyzeModel(model, { ignore: (name) => name.startsWith("present.0") });
      const heads = analysis.groups.filter((g) => g.kind === "heads" && g.size === DECODER.groups);
      expect(heads.map((g) => g.blocked?.reason)).toEqual(["is ignored by option", undefined]);
      expect(answersOf(analysis).map((v) => v.name)).toEqual(["logits"]);
    }
  });

  test("a cut of other heads is told apart", async () => {
    const analysis = await analyzeModel(onnxModel(decoder({ cache: "pairs" }), { runtime }));
    const group = analysis.groups.find((g) => g.kind === "heads" && g.size === DECODER.groups)!;
    const without = (gone: number): Cut => cutOf(analysis, new Map([[group, Uint8Array.from({ length: 3 }, (_, i) => Number(i === gone))]])); // prettier-ignore
    const graph = applyCut(analysis, without(1));
    await expect(verify(analysis, without(0), graph, runtime)).rejects.toMatchObject({ code: "verification-failed" });
  });

  const ids = [3, 14, 1, 5, 9, 2];
  const near = (a: number[][], b: number[][]): void => {
    expect([a.length, b.length]).toEqual([ids.length, ids.length]);
    a.flat().forEach((x, i) => expect(x).toBeCloseTo(b.flat()[i]!, 4));
  };

  test.each([
    ["one by one", { cache: "pairs" }],
    ["stacked", { cache: "stacked" }],
    ["of GroupQueryAttention", { attention: "GroupQueryAttention", cache: "pairs" }],
    ["of Attention", { attention: "Attention", opset: 23, cache: "pairs" }],
    ["written into", { cache: "written" }],
  ] as const)("token by token, a narrowed network says what it says of all at once: %s", async (_, form) => {
    const graph = await narrowed(decoder(form));
    near(await tokenByToken(graph, ids, { runtime }), await tokenByToken(graph, ids, { runtime, prompt: ids.length }));
  });

  test.each(["pairs", "attended", "kept", "written"] as const)(
    "token by token, a network says the same without heads that do not matter: %s",
    async (cache) => {
      const before = muted(decoder({ cache }));
      const graph = await narrowed(before);
      near(await tokenByToken(graph, ids, { runtime, prompt: 3 }), await tokenByToken(before, ids, { runtime, prompt: 3 })); // prettier-ignore
    },
  );

  test.each([{}, { attention: "GroupQueryAttention" }, { attention: "Attention", opset: 23 }] as const)(
    "a first step and later ones that were cut alike go together: %o",
    async (form) => {
      const [first, graph] = [await narrowed(decoder({ ...form, cache: "first" })), await narrowed(decoder({ ...form, cache: "pairs" }))]; // prettier-ignore
      near(await tokenByToken(graph, ids, { runtime, first, prompt: 3 }), await tokenByToken(graph, ids, { runtime }));
    },
  );
});
