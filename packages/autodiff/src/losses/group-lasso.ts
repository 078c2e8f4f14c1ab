import type { Analysis, ChannelGroup, Emitter, GroupMember } from "@prune/core";
import { errorNothingToRegularize } from "../errors.ts";
import type { Loss, LossContext } from "./loss.ts";

/** Keeps the slope of a norm finite where all weights are zero. */
const SOFT = 1e-12;

/**
 * Group lasso: the sum, over all units that may be cut, of the Euclidean norm of a unit's weights. Its slope is the same for
 * small norms as for large ones, so that units which the rest of the loss has little use for go to zero whole. A unit's
 * weights are those of linear layers that make it and that read it. No labels are read: add it to a loss by `weighted`.
 * Source: Wen et al. 2016, "Learning Structured Sparsity in Deep Neural Networks", arXiv:1608.03665, eq. 2.
 * @param analysis of the network that is trained
 * @throws {PruneError} `bad-option` where nothing may be cut
 */
export function groupLasso({ groups, linear }: Analysis): Loss {
  const layers = new Set(linear.map(({ tensor }) => tensor.name));
  const weights = (group: ChannelGroup): GroupMember[] => group.members.filter(({ tensor }) => layers.has(tensor.name));
  const free = groups.filter((group) => !group.blocked && weights(group).length);
  if (!free.length) throw errorNothingToRegularize("group-lasso", "no unit may be cut");
  return {
    name: "group-lasso",
    build(op) {
      const { g } = op;
      const norms = free.map((group) => {
        const squares = g.sum(weights(group).map((member) => unitSquares(op, member, group.size)));
        return g.op("ReduceSum", [g.op("Sqrt", [g.shift(squares, SOFT)])], { keepdims: 0 });
      });
      return { loss: g.sum(norms) };
    },
  };
}

/** The sum of squares of the weights of every unit in one tensor, `[units]`. */
function unitSquares(op: LossContext, { tensor, axis, unitOf }: GroupMember, size: number): string {
  const { g } = op;
  const { name, dims } = op.value(tensor.name);
  const others = dims.map((_, i) => i).filter((i) => i !== axis);
  const squares = others.length ? g.reduce("ReduceSumSquare", name, others, false) : g.mul(name, name);
  return unitSums(
    g,
    squares,
    Int32Array.from({ length: dims[axis]! }, (_, i) => unitOf(i)),
    size,
  );
}

/** Sums the indices of every unit; what belongs to none (−1) falls into a place of its own, which is cut off. */
function unitSums(g: Emitter, x: string, units: Int32Array, size: number): string {
  if (units.length === size && units.every((unit, i) => unit === i)) return x;
  const places = g.ints(Array.from(units, (unit) => (unit < 0 ? size : unit)));
  const sums = g.op("ScatterElements", [g.zeros([size + 1]), places, x], { axis: 0, reduction: "add" });
  return g.slice(sums, [0], [0], [size]);
}
