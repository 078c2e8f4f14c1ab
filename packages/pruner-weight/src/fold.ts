import { type Analysis, type ChannelGroup, unitsAlong } from "@prune/core";
import type { Constants } from "./constants.ts";
import type { Fold } from "./dead.ts";
import type { Weights } from "./weights.ts";

/** Puts into a layer's bias what units that yield constants add to its outputs: `b' = b + Σ W·c`. @returns the bias' name */
export function foldInto(
  analysis: Analysis,
  { contraction, units }: Fold,
  group: ChannelGroup,
  constants: Constants,
  weights: Weights,
): string {
  const { layer, bias } = contraction;
  const { blocks, rows, features, kernel, input, inputOf, at, tensor } = layer!;
  const [w, numbers] = [weights.data(tensor.name), constants.of(input)];
  const along = unitsAlong(analysis, group, input)!;
  const values = weights.data(bias!.tensor.name).slice();
  for (let block = 0; block < blocks; block++) {
    for (let row = 0; row < rows; row++) {
      let gain = 0;
      for (let feature = 0; feature < features; feature++) {
        const index = inputOf(block, feature);
        if (units[along[index]!] !== 1) continue;
        for (let position = 0; position < kernel; position++)
          gain += w[at(block, row, feature, position)]! * numbers[index]!;
      }
      values[bias!.at(block, row)]! += bias!.sign * gain;
    }
  }
  weights.set(bias!.tensor.name, values);
  return bias!.tensor.name;
}
