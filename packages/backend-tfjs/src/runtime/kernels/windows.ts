import { intAttribute, intsAttribute, stringAttribute, type Node } from "@prune/core";
import { errorWindows } from "../../errors.ts";

/** Sizes of a sliding window along the spatial axes. */
export interface Windows {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** Padding before and after each spatial axis. */
  readonly pads: readonly (readonly [number, number])[];
}

/** Largest step of a window: TensorFlow.js's `wasm` backend cuts each off to 32 bits, and never comes back from 0. */
const MAX_STEP = 2 ** 31 - 1;

/**
 * Reads the attributes of a convolution or pool; `SAME` pads as TensorFlow does.
 * @throws {PruneError} `bad-model` for windows of no size and those that do not move
 */
export function windowsOf(node: Node, input: readonly number[], kernel: readonly number[]): Windows {
  const ones = kernel.map(() => 1);
  const strides = intsAttribute(node, "strides") ?? ones;
  const dilations = intsAttribute(node, "dilations") ?? ones;
  const isStep = (n: number): boolean => Number.isInteger(n) && n >= 1 && n <= MAX_STEP;
  if (![...kernel, ...strides, ...dilations].every(isStep))
    throw errorWindows(node, kernel, strides, dilations, MAX_STEP);
  const given = intsAttribute(node, "pads");
  const auto = stringAttribute(node, "auto_pad", "NOTSET");
  const pads = kernel.map((size, i): readonly [number, number] => {
    if (auto !== "SAME_UPPER" && auto !== "SAME_LOWER") return given ? [given[i]!, given[i + kernel.length]!] : [0, 0];
    const out = Math.ceil(input[i]! / strides[i]!);
    const total = Math.max(0, (out - 1) * strides[i]! + (size - 1) * dilations[i]! + 1 - input[i]!);
    const less = Math.floor(total / 2);
    return auto === "SAME_UPPER" ? [less, total - less] : [total - less, less];
  });
  return { kernel, strides, dilations, pads };
}

/** Number of groups of a convolution. */
export const groupsOf = (node: Node): number => intAttribute(node, "group", 1);

export const isPadded = ({ pads }: Windows): boolean => pads.some(([before, after]) => before > 0 || after > 0);
