import { consumersOf, type Operands } from "@prune/core";
import { normalisation, perFeature } from "./aim.ts";
import type { Draft } from "./draft.ts";
import type { Equation } from "./equations.ts";

/** Where a constant can be added to the outputs of a layer. */
export interface BiasHome {
  readonly tensor: string;
  /** 1 where the constant is added, −1 where it is subtracted (a running mean). */
  readonly sign: 1 | -1;
  /** Position in the tensor of a row of a block. */
  readonly at: (block: number, row: number) => number;
}

/**
 * Finds where a bias of a layer lives: its own, the constant of an Add right behind it, or the mean of a
 * BatchNormalization right behind it. Failing these, and where the operator takes one, `make` gives it a new one.
 * Undefined where there is none, or where other nodes read it too.
 */
export function biasHome(
  { parts, node, blocks, rows }: Equation,
  draft: Draft,
  operands: Operands,
  make: boolean,
): BiasHome | undefined {
  const { layer } = parts[0]!;
  const readers = consumersOf(draft.graph);
  const isOwn = (name: string): boolean => readers.get(name)?.length === 1;
  if (layer.bias) {
    const tensor = layer.bias.name;
    return isOwn(tensor) ? { tensor, sign: 1, at: layer.biasAt } : undefined;
  }
  const at = layer.outputOf;
  const [reader, ...others] = readers.get(layer.output.value) ?? [];
  const { value, axis, size } = layer.output;
  if (reader && !others.length && blocks * rows === size) {
    const mean = reader.inputs[3];
    if (reader.opType === "BatchNormalization" && axis === 1 && mean !== undefined && operands.constants.has(mean)) {
      const fits = normalisation(reader, draft, operands)?.length === size && isOwn(mean);
      if (fits && reader.inputs[0] === value) return { tensor: mean, sign: -1, at };
    }
    const tensor = reader.inputs.find((name) => name !== value);
    if (reader.opType === "Add" && tensor !== undefined && isOwn(tensor)) {
      const rank = operands.of(value)!.rank;
      const own = perFeature(tensor, rank, axis, size, draft, operands);
      if (own && draft.read(tensor).length === size) return { tensor, sign: 1, at };
    }
  }
  if (!make || layer.biasInput === undefined) return undefined;
  return { tensor: draft.addInput(node, layer.biasInput, blocks * rows, layer.tensor.name), sign: 1, at: layer.biasAt };
}
