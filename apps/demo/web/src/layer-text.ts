import type { LayerReport } from "@prune/core";
import { percent } from "./format.ts";

/** A layer in few words. */
export interface LayerText {
  /** What stays of it, in [0, 1]. */
  readonly share: number;
  /** Beside its name. */
  readonly text: string;
  /** In a sentence. */
  readonly says: string;
}

/** What is left of a layer. */
export function layerText({ channels, zeros, params, blocked }: LayerReport, opType: string): LayerText {
  const [before, after] = channels;
  if (before && !after) return { share: 0, text: `${opType} leaves`, says: "It leaves the network" };
  const sparse = zeros && params[1] ? zeros[1] / params[1] : 0;
  const widths = before === after ? `${before}` : `${before} → ${after}`;
  const zero = sparse > 0 ? `, ${percent(sparse, 0)} zero` : "";
  const kept = before === after ? `All ${before} outputs stay` : `${after} of ${before} outputs stay`;
  const why = blocked === undefined ? "" : `; it cannot be pruned, as it ${blocked}`;
  return {
    share: (before ? after / before : 1) * (1 - sparse),
    text: `${opType} ${widths}${zero}`,
    says: `${kept}${zero}${why}`,
  };
}
