import { intAttribute, intsAttribute, stringAttribute, type Node } from "@prune/core";

/** Sizes of a sliding window along the spatial axes. */
export interface Windows {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** Padding before and after each spatial axis. */
  readonly pads: readonly (readonly [number, number])[];
}

/** Reads the attributes of a convolution or pool; `SAME` pads as TensorFlow does. */
export function windowsOf(node: Node, input: readonly number[], kernel: readonly number[]): Windows {
  const ones = kernel.map(() => 1);
  const strides = intsAttribute(node, "strides") ?? ones;
  const dilations = intsAttribute(node, "dilations") ?? ones;
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
