import type { ChannelGroup } from "../solver/channel-group.ts";
import { errorBadOption } from "../errors.ts";

/** Bounds on what a group may lose. */
export interface LevelOptions {
  /** Widths are multiples of this; "auto" takes 16, and 8 or 4 below 64 and 16 channels: the widths that run fast. Default "auto". */
  readonly roundTo?: number | "auto";
  /** Channels every group keeps. Default 4 (1 for heads). */
  readonly minChannels?: number;
  /** The largest fraction a group loses. Default 0.9. */
  readonly maxSparsity?: number;
}

/** Numbers of units that a group may keep, ascending; the last is its size. */
export type Levels = readonly number[];

/** @throws {PruneError} `bad-option` for bounds that make no sense. */
export function checkLevels({ roundTo = "auto", minChannels = 4, maxSparsity = 0.9 }: LevelOptions): void {
  if (roundTo !== "auto" && !(Number.isInteger(roundTo) && roundTo >= 1))
    throw errorBadOption("roundTo", "auto or a whole number from 1", roundTo);
  if (!(Number.isInteger(minChannels) && minChannels >= 1))
    throw errorBadOption("minChannels", "a whole number from 1", minChannels);
  if (!(maxSparsity > 0 && maxSparsity < 1))
    throw errorBadOption("maxSparsity", "a fraction between 0 and 1", maxSparsity);
}

/** The numbers of units a group may keep under the given bounds. Rounding leaves every group at least one step; heads are not rounded. */
export function levelsOf(group: ChannelGroup, options: LevelOptions): Levels {
  const { roundTo = "auto", minChannels = 4, maxSparsity = 0.9 } = options;
  const { size, width } = group;
  const fewest = group.kind === "heads" && options.minChannels === undefined ? 1 : Math.ceil(minChannels / width);
  const min = Math.min(size, Math.max(1, fewest, Math.ceil(size * (1 - maxSparsity) - 1e-9)));
  const step = group.kind === "heads" ? 1 : stepOf(size, width, roundTo);
  const levels: number[] = [];
  for (let k = Math.ceil(min / step) * step; k < size; k += step) levels.push(k);
  if (!levels.length && min < size) levels.push(min);
  return [...levels, size];
}

function stepOf(size: number, width: number, roundTo: number | "auto"): number {
  const channels = size * width;
  const multiple = roundTo === "auto" ? (channels >= 64 ? 16 : channels >= 16 ? 8 : 4) : roundTo;
  return multiple / gcd(multiple, width);
}

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));
