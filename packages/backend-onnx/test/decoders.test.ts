import { analyzeModel } from "@prune/core";
import { test } from "vitest";
import { onnxModel, onnxruntimeNode, ortRuntime } from "../src/node/index.ts";
import { decoder, type DecoderForm } from "./decoder.ts";
import { cutAllOf } from "./cut-all.ts";

const runtime = ortRuntime(onnxruntimeNode);
const forms: Record<string, DecoderForm> = {
  plain: {},
  untied: { tied: false },
  cache: { cache: "pairs" },
  stacked: { cache: "stacked" },
  gqa: { attention: "GroupQueryAttention", cache: "pairs" },
  attention23: { attention: "Attention", rotary: "RotaryEmbedding", norm: "RMSNormalization", opset: 23, cache: "pairs" },
  msrotary: { rotary: "com.microsoft:RotaryEmbedding", norm: "SimplifiedLayerNormalization", gate: "Gelu" },
  qknorm: { headNorms: true },
};
for (const [name, form] of Object.entries(forms))
  test(name, async () => {
    const analysis = await analyzeModel(onnxModel(decoder(form), { runtime }));
    for (const g of analysis.groups) console.log(name, g.id, g.kind, g.size, g.width, g.blocked?.reason ?? "free", g.exact);
    console.log(name, await cutAllOf(decoder(form)));
  });
