import { isObject } from "../json.ts";
import type { LayerRule } from "./define-layer.ts";
import type { Layer } from "./layers-model.ts";

/** Layers that treat every position alike already. */
const POSITIONLESS = new Set(
  "Dense Activation ReLU LeakyReLU ELU ThresholdedReLU Dropout GaussianNoise GaussianDropout AlphaDropout LayerNormalization BatchNormalization".split(
    " ",
  ),
);

/** Runs a layer on each step of a sequence: the steps become part of the batch, and come apart again. */
export const timeDistributed: LayerRule = {
  className: "TimeDistributed",
  emit: (l) => {
    const { layer } = l.layer as unknown as { readonly layer: Layer };
    // Its target would be a setting of a layer within a layer, at sizes that the outer Reshape has too.
    if (layer.getClassName() === "Reshape") return undefined;
    if (POSITIONLESS.has(layer.getClassName())) return l.inner(layer, l.inputs, l.shapes);
    const { b } = l;
    const [, time, ...rest] = l.shapes[0]!;
    const [, , ...after] = l.outputShapes[0]!;
    if (![...rest, ...after].every((size) => size !== null)) return undefined;
    const flat = b.op("Reshape", [l.inputs[0]!, b.ints([-1, ...rest.map(Number)])]);
    const y = l.inner(layer, [flat], [[null, ...rest]]);
    if (y === undefined) return undefined;
    const back =
      time === null || time === undefined
        ? b.op("Concat", [b.op("Shape", [l.inputs[0]!], { start: 0, end: 2 }), b.ints(after.map(Number))], { axis: 0 })
        : b.ints([-1, time, ...after.map(Number)]);
    return b.op("Reshape", [y, back]);
  },
  resize: ({ inner: resize }, config) => {
    const inner = config["layer"];
    if (!isObject(inner) || !isObject(inner["config"])) return {};
    const changes = resize(String(inner["class_name"]), inner["config"]);
    return { layer: { ...inner, config: { ...inner["config"], ...changes } } };
  },
};
