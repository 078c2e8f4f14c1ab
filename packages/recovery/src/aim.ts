import {
  consumersOf,
  floatAttribute,
  intAttribute,
  namesBehind,
  producersOf,
  type AxisRef,
  type Edits,
  type Graph,
  type Node,
  type Operands,
} from "@prune/core";
import type { Draft } from "./draft.ts";
import type { Equation } from "./equations.ts";

/** What the outputs of a layer are fitted to. */
export interface Aim {
  /** A value of the pruned network that moves with the layer's output. */
  readonly value: string;
  /** The value of the original that it is to equal. */
  readonly original: string;
  /** How much it moves per unit of each output feature. */
  readonly slope: Float64Array;
}

/** What aims are found in. */
export interface Surroundings {
  readonly draft: Draft;
  readonly operands: Operands;
  readonly original: Graph;
  readonly edits: Edits;
  /** First outputs of the layers that are still to be fitted. */
  readonly open: ReadonlySet<string>;
}

/**
 * Follows a layer's output through what is affine in it: BatchNormalization, constants, and the Add of a shortcut whose
 * own layers are all fitted, so that the layer takes over the error that the shortcut brings along. Where nodes behind
 * the value were removed, it stands for what they yielded.
 */
export function aimOf({ parts }: Equation, around: Surroundings): Aim {
  const { draft, operands } = around;
  const { output } = parts[0]!.layer;
  const readers = consumersOf(draft.graph);
  const producers = producersOf(draft.graph);
  const yielded = new Set(draft.graph.outputs.map((v) => v.name));
  const slope = new Float64Array(output.size).fill(1);
  let value = output.value;
  for (;;) {
    const [reader, ...others] = readers.get(value) ?? [];
    if (!reader || others.length || yielded.has(value)) break;
    const axis = { value, axis: output.axis };
    const step = passes(reader, axis, around, (name) => isFitted(name, producers, around.open));
    if (!step) break;
    for (let i = 0; i < slope.length; i++) slope[i]! *= step[i]!;
    value = reader.outputs[0]!;
  }
  return { value, original: standsFor(value, around, operands), slope };
}

const isFitted = (name: string, producers: ReadonlyMap<string, Node>, open: ReadonlySet<string>): boolean =>
  [...namesBehind([name], producers)].every((node) => !open.has(node));

/** By what factor each index of a value's axis goes through a node; undefined where the node is not affine in it. */
function passes(
  node: Node,
  { value, axis }: AxisRef,
  { draft, operands }: Surroundings,
  isFitted: (name: string) => boolean,
): ArrayLike<number> | undefined {
  const [x, y] = [operands.of(value), operands.of(node.outputs[0]!)];
  if (!x || !y || x.dims.some((d, i) => d !== y.dims[i]) || x.rank !== y.rank) return undefined;
  const size = x.dims[axis]!;
  if (node.opType === "BatchNormalization") {
    const scale = node.inputs[0] === value && axis === 1 ? normalisation(node, draft, operands) : undefined;
    return scale?.length === size ? scale : undefined;
  }
  const other = node.inputs.find((name) => name !== value);
  if (other === undefined || node.inputs.length !== 2) return undefined;
  if (node.opType === "Add") return isFitted(other) ? new Float64Array(size).fill(1) : undefined;
  return node.opType === "Mul" ? perFeature(other, x.rank, axis, size, draft, operands) : undefined;
}

/** `scale / √(var + ε)` of a BatchNormalization in inference mode, from constants. */
export function normalisation(node: Node, draft: Draft, operands: Operands): Float64Array | undefined {
  const [, scale, , , variance] = node.inputs;
  const constant = (name: string | undefined): boolean => operands.constants.has(name ?? "");
  if (intAttribute(node, "training_mode", 0) || !constant(scale) || !constant(variance)) return undefined;
  const [gamma, spread] = [draft.read(scale!), draft.read(variance!)];
  const epsilon = floatAttribute(node, "epsilon", 1e-5);
  return Float64Array.from(gamma, (g, i) => g / Math.sqrt(spread[i]! + epsilon));
}

/** A constant as one number per index of an axis of a value of some rank; undefined when it varies along others. */
export function perFeature(
  name: string,
  rank: number,
  axis: number,
  size: number,
  draft: Draft,
  operands: Operands,
): Float64Array | undefined {
  const tensor = operands.constants.get(name);
  if (!tensor || tensor.dims.length > rank) return undefined;
  const own = axis - (rank - tensor.dims.length);
  if (tensor.dims.some((d, i) => d !== 1 && (i !== own || d !== size))) return undefined;
  const values = draft.read(name);
  return Float64Array.from({ length: size }, (_, i) => (values.length === 1 ? values[0]! : values[i]!));
}

/**
 * The original's value that a value of the pruned network is read in place of: itself, or the last that a removed stretch
 * behind it yielded. Seen through a node that does the same at both ends of the stretch, such as the Relu of a block.
 */
function standsFor(value: string, { draft, original, edits }: Surroundings, operands: Operands): string {
  const bypassed = edits.bypassed;
  if (!bypassed?.size) return value;
  const made = producersOf(original);
  const end = lastOf(value, bypassed, original);
  if (end !== value) return end;
  const [reader, ...others] = consumersOf(draft.graph).get(value) ?? [];
  const after = reader?.outputs[0];
  if (!reader || others.length || after === undefined || !operands.of(after)) return value;
  const twin = made.get(lastOf(after, bypassed, original));
  const same = twin && twin.outputs[0] !== after && twin.opType === reader.opType;
  const inputs = reader.inputs.filter((name) => !operands.constants.has(name));
  const theirs = twin?.inputs.filter((name) => !operands.constants.has(name)) ?? [];
  return same && inputs.length === 1 && theirs.length === 1 ? theirs[0]! : value;
}

/** Of the values that a value is read in place of, the one furthest on. */
function lastOf(value: string, bypassed: ReadonlyMap<string, string>, original: Graph): string {
  let last = value;
  for (const node of original.nodes)
    for (const name of node.outputs) {
      let at = name;
      for (let i = 0; i <= bypassed.size && bypassed.has(at); i++) at = bypassed.get(at)!;
      if (at === value && bypassed.has(name)) last = name;
    }
  return last;
}
