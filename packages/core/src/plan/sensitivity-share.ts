import { divergenceOf } from "../divergence.ts";
import { errorNeedsCalibration } from "../errors.ts";
import type { ChannelGroup } from "../solver/channel-group.ts";
import type { AllocateContext } from "./allocate.ts";
import { leastImportant } from "./least-important.ts";
import { nearestLevel, type Share } from "./share.ts";

/** Parts of a group that are taken out to see what it does to the outputs. */
const SPARSITIES: readonly number[] = [0.25, 0.5, 0.75, 0.9];

/** How far the outputs move as a group shrinks: at each of {@link SPARSITIES}, growing. */
type Curve = readonly number[];

/**
 * Groups lose what moves the outputs equally far from the whole network's, as measured on calibration data for every
 * group by itself; a sparsity of s is the least such distance at which groups lose s on average.
 * @throws {PruneError} `bad-option` without calibration data
 */
export async function sensitivityShare(
  { analysis, groups, runtime, calibration }: AllocateContext,
  scores: ReadonlyMap<ChannelGroup, Float32Array>,
): Promise<Share> {
  if (!runtime || !calibration) throw errorNeedsCalibration("Allocation sensitivity", ["samples"]);
  const divergence = divergenceOf(analysis, runtime, calibration);
  const curves = new Map<ChannelGroup, Curve>();
  for (const group of groups) {
    const curve: number[] = [];
    for (const sparsity of SPARSITIES) {
      const count = Math.min(group.size - 1, Math.max(1, Math.round(group.size * sparsity)));
      const distance = await divergence(new Map([[group, leastImportant(scores.get(group)!, count)]]));
      curve.push(Math.max(distance, curve.at(-1) ?? 0));
    }
    curves.set(group, curve);
  }
  const most = Math.max(...[...curves.values()].map((curve) => curve.at(-1)!));
  const average = (distance: number): number =>
    groups.reduce((sum, g) => sum + sparsityAt(curves.get(g)!, distance), 0) / groups.length;
  return (levels, sparsity) => {
    let [low, high] = [0, most];
    for (let i = 0; i < 40; i++) {
      const middle = (low + high) / 2;
      if (average(middle) < sparsity) low = middle;
      else high = middle;
    }
    return new Map(
      [...levels].map(([g, own]) => [g, nearestLevel(own, g.size * (1 - sparsityAt(curves.get(g)!, high)))]),
    );
  };
}

/** The largest sparsity that moves the outputs no further than a distance; between measured points it is interpolated. */
function sparsityAt(curve: Curve, distance: number): number {
  let [x, y] = [0, 0];
  for (const [i, far] of curve.entries()) {
    const sparsity = SPARSITIES[i]!;
    if (far > distance) return x + ((sparsity - x) * (distance - y)) / (far - y);
    [x, y] = [sparsity, far];
  }
  return x;
}
