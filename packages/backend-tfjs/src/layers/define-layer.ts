import type { GraphBuilder } from "../translate/graph-builder.ts";
import type { JsonObject } from "../json.ts";
import type { Layer } from "./layers-model.ts";

/** A layer at one of its calls, as its rule sees it. */
export interface LayerContext {
  readonly b: GraphBuilder;
  readonly layer: Layer;
  /** The layer's settings, under the names that TensorFlow.js has for them in code. */
  readonly config: JsonObject;
  readonly inputs: readonly string[];
  /** Sizes of the inputs, null where they are not known before the model runs. */
  readonly shapes: readonly (readonly (number | null)[])[];
  readonly outputShapes: readonly (readonly (number | null)[])[];
  /** How often the model calls the layer. */
  readonly calls: number;
  /** Whether a mask says which steps of an input count. */
  readonly masked: boolean;
  /** A weight by the last part of its name; undefined where the layer has none of that name. */
  readonly weight: (name: string) => string | undefined;
  /** Translates a layer within a wrapper; undefined where it has no rule, or its rule does not speak of it. */
  readonly inner: (layer: Layer, inputs: readonly string[], shapes: LayerContext["shapes"]) => string | undefined;
}

/** What is left of a layer after a cut. */
interface Resized {
  /** Sizes of a weight by the last part of its name. */
  readonly weight: (name: string) => readonly number[] | undefined;
  /** The integers that node `type` of the layer reads at `input`, one list for each call. */
  readonly shapeConstants: readonly (readonly number[])[];
  /** What follows for a layer within a wrapper, from its class and its settings. */
  readonly inner: (className: string, config: JsonObject) => JsonObject;
}

/** Everything the package knows about a class of layers. */
export interface LayerRule {
  readonly className: string;
  /**
   * Says what the layer computes, in ONNX's operators; undefined where it cannot, as for settings that ONNX has no words
   * for: then the layer computes itself, and nothing that it touches is cut.
   */
  readonly emit: (layer: LayerContext) => string | readonly string[] | undefined;
  /** Settings that follow from what a cut left of the weights, under the names that they have in files. */
  readonly resize?: (resized: Resized, config: JsonObject) => JsonObject;
}

export const numberOf = (config: JsonObject, key: string, fallback: number): number => {
  const value = config[key];
  return typeof value === "number" ? value : fallback;
};

export const textOf = (config: JsonObject, key: string, fallback: string): string => {
  const value = config[key];
  return typeof value === "string" ? value : fallback;
};

/** A setting that is a list of numbers, or one number for all `count` of them. */
export const numbersOf = (config: JsonObject, key: string, count: number, fallback: number): number[] => {
  const value = config[key];
  if (Array.isArray(value)) return (value as readonly unknown[]).map(Number);
  return Array.from({ length: count }, () => (typeof value === "number" ? value : fallback));
};
