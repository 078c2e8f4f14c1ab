import {
  errorBadOption,
  errorNoLatency,
  errorTargetUnreachable,
  isFloat,
  sizeOf,
  zerosIn,
  type PruneContext,
  type Tensor,
} from "@prune/core";
import type { Share } from "./allocation.ts";

/**
 * Number of weights of some layers that are to be zero in the end, those that are so already included.
 * @throws {PruneError} `target-unreachable`; `bad-option` for budgets that zeros do not change
 */
export function weightsToRemove({ analysis, costs, target }: PruneContext, shares: readonly Share[]): number {
  const size = shares.reduce((sum, share) => sum + share.size, 0);
  const most = shares.reduce((sum, share) => sum + share.most, 0);
  if ("sparsity" in target) {
    const wanted = Math.ceil(target.sparsity * size - 1e-6);
    if (wanted > most) throw errorTargetUnreachable("sparsity", target.sparsity, most / size, LIMITED);
    return wanted;
  }
  if ("latency" in target) throw errorNoLatency("connection");
  if (target.budget !== "params")
    throw errorBadOption("target", "sparsity or params for connections, whose zeros change no other budget", target.budget); // prettier-ignore
  const quantized = shares.map(({ layer }) => layer.tensor).filter(({ name }) => analysis.quantized.has(name));
  const stored = [...analysis.operands.constants.values(), ...quantized].filter(
    (tensor) => isFloat(tensor.dtype) && sizeOf(tensor.dims) >= 2 && !analysis.aliases.has(tensor.name),
  );
  const nonZero = stored.reduce((sum, tensor) => sum + nonZeroIn(tensor), 0);
  const already = shares.reduce((sum, { layer }) => sum + zerosIn(layer.tensor), 0);
  const total = costs.original.params;
  const excess = Math.ceil(nonZero - target.ratio * total - 1e-6);
  if (excess <= 0) return 0;
  if (already + excess > most)
    throw errorTargetUnreachable("params", target.ratio, (nonZero + already - most) / total, LIMITED);
  return already + excess;
}

const LIMITED = "Every layer that may be pruned is at its limit: see maxSparsity and ignore.";

const nonZeroIn = (tensor: Tensor): number => sizeOf(tensor.dims) - zerosIn(tensor);
