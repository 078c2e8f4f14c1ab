import { activations } from "./activation.ts";
import { convolutions } from "./convolution.ts";
import type { LayerRule } from "./define-layer.ts";
import { denses } from "./dense.ts";
import { masking } from "./masking.ts";
import { merges } from "./merge.ts";
import { normalizations } from "./normalization.ts";
import { poolings } from "./pooling.ts";
import { recurrents } from "./recurrent.ts";
import { shapes } from "./shape.ts";
import { timeDistributed } from "./time-distributed.ts";

/** The rule for a class of layers; a class without one computes itself, and nothing that it touches is cut. */
export const ruleFor = (className: string): LayerRule | undefined =>
  [
    ...activations,
    ...convolutions,
    ...denses,
    ...merges,
    ...normalizations,
    ...poolings,
    ...recurrents,
    ...shapes,
    masking,
    timeDistributed,
  ].find((rule) => rule.className === className);
