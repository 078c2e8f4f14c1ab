import { errorBadOption, mapWeights, type ChannelGroup, type LinearLayer, type Scorer } from "@prune/core";
import { magnitudes } from "./magnitudes.ts";
import { memberSums, oncePerGroup } from "./member-sums.ts";

export interface RelativeOptions {
  /**
   * What a share is taken of: "layer" (default), the total of each tensor; "output", what each output of a layer is made
   * of; or "group", all units together.
   */
  readonly over?: "layer" | "output" | "group";
}

/**
 * Relative value: a share of a total of |w|, so that layers of different scale compare.
 *
 * - over the layer: of a weight `|w| / Σ_{v ∈ T} |v|`, its share of its tensor T. Of a unit, the sum over its weights in
 *   T, and then the mean over the group's member tensors;
 * - over the output: of a weight `|w_ij| / Σ_k |w_ik|`, input j's share of output i. Of a unit, the sum over its outgoing
 *   weights, since all shares of one output sum to 1;
 * - over the group: of a unit `Σ_{w ∈ u} |w| / Σ_v Σ_{w ∈ v} |w|`, its share of all units v. Not for single weights.
 *
 * A total of 0 gives shares of 0. Source: the layer-wise normalisation of Molchanov et al. 2017, arXiv:1611.06440,
 * sec. 2.2, with a sum for the norm; and the row-wise shares of Zhang et al. 2024, "Plug-and-Play: An Efficient
 * Post-training Pruning Method for Large Language Models" (RIA), ICLR, sec. 3.
 * @returns importances, at least 0 and without unit; higher means keep
 * @throws {PruneError} `bad-option`
 */
export function relative({ over = "layer" }: RelativeOptions = {}): Scorer {
  const form = FORMS.get(over);
  if (!form) throw errorBadOption("over", '"layer", "output" or "group"', over);
  return { name: "relative", needs: [], ...form() };
}

type Form = Omit<Scorer, "name" | "needs">;

const FORMS: ReadonlyMap<string, () => Form> = new Map([
  ["layer", overLayer],
  ["output", overOutput],
  ["group", overGroup],
]);

function overLayer(): Form {
  return {
    aggregate: "mean",
    scoreMember: (member, group) => {
      const { sums, total } = memberSums(member, group, "abs");
      return Float32Array.from(sums, (sum) => share(sum, total));
    },
    scoreWeights: (layer) => {
      const own = magnitudes(layer);
      const total = own.reduce((a, b) => a + b, 0);
      return own.map((w) => share(w, total));
    },
  };
}

function overOutput(): Form {
  return { weights: "outgoing", scoreWeights: sharesOfOutputs };
}

function sharesOfOutputs(layer: LinearLayer): Float32Array {
  const totals = new Float64Array(layer.blocks * layer.rows);
  mapWeights(layer, (w, _, row) => (totals[row]! += Math.abs(w)));
  return mapWeights(layer, (w, _, row) => share(Math.abs(w), totals[row]!));
}

function overGroup(): Form {
  const total = oncePerGroup((group: ChannelGroup) =>
    group.members.reduce((sum, member) => memberSums(member, group, "abs").sums.reduce((a, b) => a + b, sum), 0),
  );
  return {
    scoreMember: (member, group) =>
      Float32Array.from(memberSums(member, group, "abs").sums, (sum) => share(sum, total(group))),
  };
}

const share = (part: number, total: number): number => (total > 0 ? part / total : 0);
