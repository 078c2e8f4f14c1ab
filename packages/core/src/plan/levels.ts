import type { ChannelGroup } from "../solver/channel-group.ts";
import { errorBadOption } from "../errors.ts";

/** Bounds on what a group may lose. */
export interface LevelOptions {
  /**
   * Widths become multiples of this, and groups that have none stay whole; "auto" takes those that run fast, see
   * {@link roundingsOf}. Default "auto".
   */
  readonly roundTo?: number | "auto";
  /** Channels every group keeps. Default 4 (1 for heads). */
  readonly minChannels?: number;
  /** The largest fraction a group loses. Default 0.9. */
  readonly maxSparsity?: number;
}

/** Numbers of units that a group may keep, ascending; the last is its size. */
export type Levels = readonly number[];

/** What the widths of groups are multiples of. */
export interface Rounding {
  /** The multiple for a group of so many channels. */
  readonly multiple: (channels: number) => number;
  /** Whether a group stays whole that has no multiple below its width; otherwise its smallest width is a level. */
  readonly keepsWhole: boolean;
  /** Whether widths run about as fast as their MACs say, also those of blocks (depthwise convolutions). */
  readonly fast: boolean;
}

/** @throws {PruneError} `bad-option` for bounds that make no sense. */
export function checkLevels({ roundTo = "auto", minChannels = 4, maxSparsity = 0.9 }: LevelOptions): void {
  if (roundTo !== "auto" && !(Number.isInteger(roundTo) && roundTo >= 1))
    throw errorBadOption("roundTo", "auto or a whole number from 1", roundTo);
  if (!(Number.isInteger(minChannels) && minChannels >= 1))
    throw errorBadOption("minChannels", "a whole number from 1", minChannels);
  if (!(maxSparsity > 0 && maxSparsity < 1))
    throw errorBadOption("maxSparsity", "a fraction between 0 and 1", maxSparsity);
}

/**
 * The roundings that an option allows, from the fastest to the finest.
 *
 * "auto" follows ONNX Runtime on CPUs, whose convolutions work on blocks of 16 channels (8 without AVX-512): a width in
 * between costs as much as the next multiple, and leaves a depthwise convolution with a much slower kernel. So widths
 * are multiples of 16; narrow groups, to which 16 is much, get steps of 8 and 4 as far as a target needs them: those
 * below 32 channels first, then those below 64, at last all.
 */
export function roundingsOf(roundTo: number | "auto"): readonly [Rounding, ...Rounding[]] {
  if (roundTo !== "auto") return [{ multiple: () => roundTo, keepsWhole: true, fast: true }];
  const sixteenFrom = (from: number) => (channels: number) => (channels >= from ? 16 : channels >= 16 ? 8 : 4);
  return [
    { multiple: sixteenFrom(16), keepsWhole: true, fast: true },
    { multiple: sixteenFrom(32), keepsWhole: true, fast: true },
    { multiple: sixteenFrom(64), keepsWhole: false, fast: true },
    { multiple: (channels) => (channels >= 64 ? 8 : 4), keepsWhole: false, fast: false },
  ];
}

/** The numbers of units a group may keep under the given bounds and rounding. Heads are not rounded. */
export function levelsOf(group: ChannelGroup, options: LevelOptions, { multiple, keepsWhole }: Rounding): Levels {
  const { minChannels = 4, maxSparsity = 0.9 } = options;
  const { size, width } = group;
  const fewest = group.kind === "heads" && options.minChannels === undefined ? 1 : Math.ceil(minChannels / width);
  const min = Math.min(size, Math.max(1, fewest, Math.ceil(size * (1 - maxSparsity) - 1e-9)));
  const channels = multiple(size * width);
  const step = group.kind === "heads" ? 1 : channels / gcd(channels, width);
  const levels: number[] = [];
  for (let k = Math.ceil(min / step) * step; k < size; k += step) levels.push(k);
  if (!levels.length && min < size && !keepsWhole) levels.push(min);
  return [...levels, size];
}

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));
