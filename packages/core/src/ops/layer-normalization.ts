import { floatAttribute, intAttribute } from "../graph/node.ts";
import { inexact, same } from "../solver/link.ts";
import { alignedLinks } from "./_broadcast.ts";
import { normalized } from "./_normalization-forms.ts";
import { defineOp, type OpHandler } from "./define-op.ts";

/**
 * Normalisation over all axes from `axis` on, times a scale, plus an optional bias, which broadcast to X. LayerNormalization
 * may also give the mean and the inverse deviation, of size 1 along those axes; RMSNormalization has neither these nor a bias. ONNX Runtime calls it
 * SimplifiedLayerNormalization, and keeps that in ONNX's own set.
 * Spec: ONNX LayerNormalization 17, RMSNormalization 23.
 */
export const layerNormalizations: readonly OpHandler[] = [
  "LayerNormalization",
  "RMSNormalization",
  "SimplifiedLayerNormalization",
].map((type) =>
  defineOp({
    type,
    links: ({ in: [x, scale, bias], out: [y, ...statistics], node }) => {
      if (!x || !scale || !y) return [];
      const first = x.axis(intAttribute(node, "axis", -1)).axis;
      return [
        ...x.dims.map((_, i) => same(x.axis(i), y.axis(i))),
        ...alignedLinks(scale, y, 0),
        ...(bias ? alignedLinks(bias, y, 0) : []),
        ...statistics.flatMap((s) => (s ? alignedLinks(s, y, 0) : [])),
        ...x.dims.slice(first).map((_, i) => inexact(x.axis(first + i), `is normalised over by ${type}`)),
      ];
    },
    train: ({ in: [x, scale, bias], node, g }) => {
      if (!x || !scale) return undefined;
      const axes = x.dims.map((_, i) => i).slice(x.axis(intAttribute(node, "axis", -1)).axis);
      const epsilon = floatAttribute(node, "epsilon", 1e-5);
      const { value, mean, inverse } = normalized(g, x.name, axes, epsilon, type === "LayerNormalization");
      const scaled = g.mul(value, scale.name);
      return { outputs: [bias ? g.add(scaled, bias.name) : scaled, mean, inverse] };
    },
    scaleInput: 1,
    zero: ([, scale, bias], { node }) => scale === true && (bias === true || !node.inputs[2]),
  }),
);
