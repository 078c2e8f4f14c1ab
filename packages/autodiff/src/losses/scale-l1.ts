import type { Analysis } from "@prune/core";
import { errorNothingToRegularize } from "../errors.ts";
import type { Loss } from "./loss.ts";

/**
 * The sum of `|γ|` over the scales of normalisations of all channels that may be cut, so that channels the rest of the loss
 * has little use for are switched off where they are normalised; the scorer `bn-scale` then finds them. No labels are
 * read: add it to a loss by `weighted`.
 * Source: Liu et al. 2017, "Learning Efficient Convolutional Networks through Network Slimming", arXiv:1708.06519, eq. 1.
 * @param analysis of the network that is trained
 * @throws {PruneError} `bad-option` where no channel that may be cut is normalised
 */
export function scaleL1({ groups, lookup }: Analysis): Loss {
  const members = groups.filter((group) => !group.blocked).flatMap((group) => group.members);
  const scales = members.filter(({ node, tensor }) => node.inputs[lookup(node)?.scaleInput ?? -1] === tensor.name);
  const names = [...new Set(scales.map(({ tensor }) => tensor.name))];
  if (!names.length) {
    const why = "no channel that may be cut has the scale of a normalisation, which exporters fold into weights";
    throw errorNothingToRegularize("the scales of normalisation (scaleL1, bn-scale)", why);
  }
  return {
    name: "scale-l1",
    build: (op) => ({
      loss: op.g.sum(names.map((name) => op.g.op("ReduceL1", [op.value(name).name], { keepdims: 0 }))),
    }),
  };
}
