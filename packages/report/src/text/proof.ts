import type { Verification } from "@prune/core";
import { plural } from "./format.ts";

/** One sentence on how far a result is proven. */
export function proofLine(verification: Verification | undefined): string {
  if (!verification) return "Not verified (--no-verify).";
  if (!verification.exact)
    return "Verified: loads, runs and gives finite numbers. The cut is not exact, so it was not compared with the original.";
  const { lossless, maskedError = 0, layerError = 0, layers } = verification;
  const each = layers ? `, and ${figure(layerError)} in ${plural(layers, "layer")} taken one by one` : "";
  const what = lossless ? "equals the original" : "equals the original with the removed parts set to zero";
  return `Verified: ${what}; largest difference ${figure(maskedError)}${each}.`;
}

const figure = (error: number): string => (error === 0 ? "0" : error.toExponential(1));
