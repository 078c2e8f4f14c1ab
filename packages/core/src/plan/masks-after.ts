import { mapInto } from "../map-into.ts";
import type { RecoveryContext } from "../recovery.ts";
import { constantsOf } from "../solver/constants.ts";
import { maskedIn } from "./edits.ts";
import { keptPositions } from "./kept-positions.ts";

/** The masks of a decision as the weights that a cut left have them. */
export function masksAfter({
  analysis,
  cut,
  edits,
  pruned,
}: Pick<RecoveryContext, "analysis" | "cut" | "edits" | "pruned">): Record<string, Uint8Array> {
  const left = constantsOf(pruned);
  const masks = maskedIn(edits).filter((name) => left.has(name));
  return Object.fromEntries(
    masks.map((name) => {
      const mask = edits.masks!.get(name)!;
      const kept = keptPositions(analysis, cut, name);
      return [name, mapInto(new Uint8Array(kept.length), kept, (at) => mask[at]!)];
    }),
  );
}
