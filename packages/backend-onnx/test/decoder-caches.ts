import type { ValueInfo } from "@prune/core";

/**
 * How keys and values go from run to run: each by itself or both in one tensor; as they are in the first step, which reads
 * none; where attention reads the last WINDOW steps, or no more than these are kept; or written into room for ROOM steps.
 */
export type Cache = "pairs" | "stacked" | "first" | "attended" | "kept" | "written";

export const WINDOW = 4;
export const ROOM = 24;

/** What a decoder is written with. */
interface Writer {
  readonly inputs: ValueInfo[];
  readonly outputs: ValueInfo[];
  op(type: string, inputs: readonly string[], attributes?: Record<string, number | readonly number[]>, name?: string): string; // prettier-ignore
  ints(...values: readonly number[]): string;
  int(value: number): string;
  /** Gives a value that no node reads yet another name. */
  rename(value: string, name: string): string;
}

/** Writes the caches of a decoder whose keys and values are `[batch, groups, steps, size]`. */
export class CacheWriter {
  private readonly to: Writer;
  private readonly groups: number;
  private readonly size: number;

  constructor(to: Writer, groups: number, size: number) {
    this.to = to;
    this.groups = groups;
    this.size = size;
  }

  /** Keys and values with those of earlier steps before them, as attention reads them. */
  cached(cache: Cache, layer: number, keys: string, values: string): readonly [keys: string, values: string] {
    if (cache === "stacked") return this.stacked(layer, keys, values);
    const [past, present] = this.pairs(layer, cache);
    const each = (value: string, i: 0 | 1): string => {
      const { to } = this;
      if (cache === "first") return to.rename(value, present[i]!);
      if (cache === "written") return this.written(past[i]!, value, present[i]!);
      if (cache === "pairs") return to.op("Concat", [past[i]!, value], { axis: 2 }, present[i]);
      const all = to.op("Concat", [past[i]!, value], { axis: 2 }, cache === "attended" ? present[i] : undefined);
      return this.last(all, 2, cache === "kept" ? present[i] : undefined);
    };
    return [each(keys, 0), each(values, 1)];
  }

  /** What of a mask `[batch, 1, steps, total]` attention reads. */
  masked(cache: Cache | undefined, mask: string): string {
    return cache === "attended" || cache === "kept" ? this.last(mask, 3) : mask;
  }

  /** Declares the inputs and outputs of a layer, and yields their names. */
  pairs(layer: number, cache: Cache = "pairs"): readonly [past: string[], present: string[]] {
    const names = (of: string): string[] => [`${of}.${layer}.key`, `${of}.${layer}.value`];
    const [past, present] = [cache === "first" ? [] : names("past_key_values"), names("present")];
    const [before, after] = cache === "written" ? [ROOM, ROOM] : ["past", cache === "first" ? "sequence" : "past + sequence"]; // prettier-ignore
    for (const name of past) this.to.inputs.push(this.info(name, before));
    for (const name of present) this.to.outputs.push(this.info(name, cache === "kept" ? "kept" : after));
    return [past, present];
  }

  private info(name: string, steps: number | string): ValueInfo {
    return { name, dtype: "float32", dims: ["batch", this.groups, steps, this.size] };
  }

  private last(value: string, axis: number, name?: string): string {
    const { to } = this;
    return to.op("Slice", [value, to.ints(-WINDOW), to.ints(2 ** 62), to.ints(axis)], {}, name);
  }

  /** As PyTorch exports index_copy_: the place of every element along the axis of steps. */
  private written(past: string, value: string, name: string): string {
    const { to } = this;
    const places = to.op("Unsqueeze", ["position_ids", to.ints(1, 3)]);
    const all = to.op("Expand", [places, to.op("Shape", [value])]);
    return to.op("ScatterElements", [past, all, value], { axis: 2 }, name);
  }

  private stacked(layer: number, keys: string, values: string): readonly [keys: string, values: string] {
    const { to } = this;
    const [past, present] = [`past_${layer}`, `present_${layer}`];
    to.inputs.push({ name: past, dtype: "float32", dims: [2, "batch", this.groups, "past", this.size] });
    to.outputs.push({ name: present, dtype: "float32", dims: [2, "batch", this.groups, "past + sequence", this.size] });
    const [k, v] = [keys, values].map((value, i) => to.op("Concat", [to.op("Gather", [past, to.int(i)], { axis: 0 }), value], { axis: 2 })); // prettier-ignore
    to.op("Concat", [k!, v!].map((y) => to.op("Unsqueeze", [y, to.ints(0)])), { axis: 0 }, present); // prettier-ignore
    return [k!, v!];
  }
}
