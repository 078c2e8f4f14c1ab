import type { DimSizes, Model } from "@prune/core";
import { errorOutputFormat } from "../errors.ts";
import { isTfjs } from "./open-model.ts";

/** Refuses, before any work is done, an output whose format the model cannot be written in. */
export function checkOutputFormat(path: string, output: string): void {
  if (isTfjs(path) ? !isTfjs(output) && !isOnnx(output) : isTfjs(output)) throw errorOutputFormat(path, output);
}

const isOnnx = (path: string): boolean => /\.onnx$/i.test(path);

/** The model in the format of the output's name: a TensorFlow.js model can become an ONNX model. */
export async function inFormatOf(path: string, output: string, model: Model, dims: DimSizes = {}): Promise<Model> {
  if (!isTfjs(path) || isTfjs(output)) return model;
  const { asOnnx } = await import("./as-onnx.ts");
  return asOnnx(model, dims);
}
