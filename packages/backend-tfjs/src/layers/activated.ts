import { activation } from "../translate/activation.ts";
import type { LayerContext } from "./define-layer.ts";

/** A value after the layer's own activation; undefined for an activation that is not known. */
export function activated({ b, config }: LayerContext, x: string, key = "activation"): string | undefined {
  const name = config[key] ?? "linear";
  return typeof name === "string" ? activation(name)?.(b, x) : undefined;
}
